// Content tokens of Apple School or Business Manager: whose they are, how long they last, and a place
// to install one.
import { address, get, post, put_text } from '../api.js';
import { element, replace } from '../dom.js';
import { count, day } from '../format.js';
import { announce } from '../parts/announcer.js';
import { confirm } from '../parts/dialog.js';
import { facts } from '../parts/facts.js';
import { attempt } from '../parts/trouble.js';
import { waiting } from '../parts/waiting.js';

// `changed` is told when a token was installed.
export function content_tokens_view(life, { changed }) {
  const list = element('div', {}, waiting('Loading the tokens …'));

  async function load() {
    const answer = await attempt(list, () => get(address('locations'), { signal: life }));
    if (answer) {
      replace(
        list,
        answer.rows.map((location) => location_part(location, { life, load })),
      );
    }
  }

  load();
  return {
    update() {},
    node: element(
      'section',
      { class: 'page', 'aria-label': 'Content tokens' },
      element('h1', { tabindex: -1 }, 'Content tokens'),
      list,
      install_form({
        life,
        installed() {
          load();
          changed();
        },
      }),
    ),
  };
}

function location_part(location, { life, load }) {
  const place = element('div');
  const take_over = async () => {
    const sure = await confirm({
      title: 'Take the content token over?',
      text: 'The other MDM server can no longer distribute apps and books with it.',
      yes: 'Take over',
    });
    const path = address('locations', location.id, 'take-over');
    if (sure && (await attempt(place, () => post(path, undefined, { signal: life })))) {
      load();
    }
  };
  return element(
    'article',
    { class: 'card' },
    element('h2', {}, location.organisation || location.name || location.id),
    location.words && element('p', { class: 'warning' }, location.words),
    facts([
      ['Location', location.id],
      [
        'Expires',
        location.expires_at === ''
          ? 'No content token is installed'
          : `${day(location.expires_at)} (${count(location.days_left, 'day', 'days')} left)`,
      ],
      [
        'Users',
        `${count(location.registered, 'user', 'users')} registered, ` +
          `${location.enrolled} enrolled, ${location.waiting} waiting, ` +
          `${location.refused} refused by Apple`,
      ],
    ]),
    location.condition === 'foreign' &&
      element('button', { type: 'button', on: { click: take_over } }, 'Take over'),
    place,
  );
}

function install_form({ life, installed }) {
  const place = element('div');
  const location = element('input', { value: 'default', required: true });
  const file = element('input', { type: 'file' });
  const text = element('textarea', { rows: 4, autocomplete: 'off', spellcheck: 'false' });

  async function submit(event) {
    event.preventDefault();
    const token = file.files.length === 0 ? text.value.trim() : await file.files[0].text();
    const path = address('locations', location.value, 'content-token');
    if (await attempt(place, () => put_text(path, token, { signal: life }))) {
      event.target.reset();
      announce('The content token is installed.');
      installed();
    }
  }

  return element(
    'form',
    { class: 'card', on: { submit } },
    element('h2', {}, 'Install a content token'),
    element(
      'p',
      { class: 'quiet' },
      'From Apple School or Business Manager: ' +
        'Preferences, Payments and Billing, Content Tokens. It replaces the ' +
        'location’s present one.',
    ),
    element('label', {}, 'Location', location),
    element('label', {}, 'The token’s file (.vpptoken)', file),
    element('label', {}, 'or its text', text),
    place,
    element('button', { type: 'submit', class: 'main' }, 'Install'),
  );
}
