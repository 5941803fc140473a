// API tokens: what programs sign in with. A token is shown once, when it is made.
import { address, get, post, remove } from '../api.js';
import { element, replace } from '../dom.js';
import { announce } from '../parts/announcer.js';
import { ask, confirm } from '../parts/dialog.js';
import { TimeAgo } from '../parts/time_ago.js';
import { attempt } from '../parts/trouble.js';
import { waiting } from '../parts/waiting.js';

const scopes = { read: 'May look', send: 'May look and send', admin: 'May do everything' };

export function tokens_view(life) {
  const list = element('div', {}, waiting('Loading the tokens …'));
  const place = element('div');

  async function load() {
    const answer = await attempt(list, () => get(address('tokens'), { signal: life }));
    if (answer) {
      replace(list, tokens_table(answer.rows, revoke));
    }
  }

  async function revoke(token) {
    const sure = await confirm({
      title: `Revoke “${token.name}”?`,
      text: 'Programs that use it can no longer sign in.',
      yes: 'Revoke',
    });
    if (sure) {
      await attempt(place, () => remove(address('tokens', token.id)));
      load();
    }
  }

  load();
  return {
    update() {},
    node: element(
      'section',
      { class: 'page', 'aria-label': 'API tokens' },
      element('h1', { tabindex: -1 }, 'API tokens'),
      place,
      list,
      new_token_form({ life, load }),
    ),
  };
}

function tokens_table(tokens, revoke) {
  if (tokens.length === 0) {
    return element('p', { class: 'quiet' }, 'There are no tokens.');
  }
  const time = (at) => (at ? TimeAgo.of(at) : '–');
  const head = ['Name', 'Scope', 'Made', 'Last used', 'Expires', ''];
  return element(
    'div',
    { class: 'scrolled', tabindex: 0, role: 'region', 'aria-label': 'Tokens' },
    element(
      'table',
      {},
      element(
        'thead',
        {},
        element(
          'tr',
          {},
          head.map((words) => (words ? element('th', { scope: 'col' }, words) : element('td'))),
        ),
      ),
      element(
        'tbody',
        {},
        tokens.map((token) =>
          element(
            'tr',
            {},
            [
              token.name,
              scopes[token.scope],
              time(token.created_at),
              time(token.last_used_at),
              time(token.expires_at),
              token.revoked ? 'Revoked' : revoke_button(token, revoke),
            ].map((value) => element('td', {}, value)),
          ),
        ),
      ),
    ),
  );
}

function revoke_button(token, revoke) {
  return element(
    'button',
    { type: 'button', on: { click: () => revoke(token) } },
    'Revoke',
    element('span', { class: 'visually-hidden' }, ` ${token.name}`),
  );
}

function new_token_form({ life, load }) {
  const place = element('div');
  const name = element('input', { required: true, maxlength: 64 });
  const scope = element(
    'select',
    {},
    Object.entries(scopes).map(([value, words]) => element('option', { value }, words)),
  );
  const days = element('input', { type: 'number', min: 1, max: 3650, value: 90 });

  async function submit(event) {
    event.preventDefault();
    const wanted = { name: name.value, scope: scope.value };
    if (days.value !== '') {
      wanted.expires_days = Number(days.value);
    }
    const made = await attempt(place, () => post(address('tokens'), wanted, { signal: life }));
    if (made) {
      event.target.reset();
      load();
      show_once(made);
    }
  }

  return element(
    'form',
    { class: 'card', on: { submit } },
    element('h2', {}, 'Make a token'),
    element('label', {}, 'Name', name),
    element('label', {}, 'Scope', scope),
    element('label', {}, 'Days until it expires (empty: never)', days),
    place,
    element('button', { type: 'submit', class: 'main' }, 'Make'),
  );
}

function show_once(made) {
  const field = element('input', {
    readonly: true,
    value: made.token,
    class: 'secret',
    'aria-label': 'Token',
  });
  const copy = async () => {
    field.select();
    await navigator.clipboard?.writeText(made.token);
    announce('Copied.');
  };
  return ask({
    title: `The token “${made.name}”`,
    body: [
      element('p', {}, 'Copy it now: it is not shown again.'),
      field,
      element('p', {}, element('button', { type: 'button', on: { click: copy } }, 'Copy')),
    ],
    buttons: [{ value: null, words: 'Close' }],
  });
}
