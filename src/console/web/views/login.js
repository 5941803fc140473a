// Who are you? The first page of whoever has no session.
import { element } from '../dom.js';
import { sign_in } from '../session.js';
import { attempt } from '../parts/trouble.js';

// `words`: what to say besides, such as that a session has ended; `entered` is told of a session.
export function login_view({ words = '', entered }) {
  const place = element('div');
  const name = field('Name', { name: 'name', autocomplete: 'username', autocapitalize: 'none' });
  const password = field('Password', {
    name: 'password',
    type: 'password',
    autocomplete: 'current-password',
  });
  const button = element('button', { type: 'submit', class: 'main' }, 'Sign in');

  async function submit(event) {
    event.preventDefault();
    button.disabled = true;
    const visitor = await attempt(place, () => sign_in(name.input.value, password.input.value));
    button.disabled = false;
    if (visitor) {
      entered();
    } else {
      password.input.value = '';
      password.input.focus();
    }
  }

  return {
    node: element(
      'main',
      { class: 'login' },
      element(
        'form',
        { on: { submit } },
        element('h1', {}, 'Muster'),
        words && element('p', { role: 'status' }, words),
        name.node,
        password.node,
        place,
        button,
      ),
    ),
    focus: () => name.input.focus(),
  };
}

function field(words, attributes) {
  const input = element('input', { required: true, ...attributes });
  return { input, node: element('label', {}, words, input) };
}
