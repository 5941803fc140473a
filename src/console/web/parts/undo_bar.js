// Ten seconds in which a Send can be taken back. The server waits as long before it begins, so Undo
// holds even if this page dies: nothing has gone out yet. The bar takes the focus, as there is no time
// to look for it.
import { element } from '../dom.js';
import { announce } from './announcer.js';

// `undo` takes it back; `trouble(problem)` is told where it was too late.
export function offer_undo({ words, seconds, undo, trouble }) {
  document.querySelector('.undo')?.remove();
  const left = element('span', { class: 'quiet', 'aria-hidden': 'true' });
  const button = element('button', { type: 'button', on: { click: take_back } }, 'Undo');
  const bar = element(
    'section',
    { class: 'undo', 'aria-label': 'Undo' },
    element('span', {}, words),
    left,
    button,
  );
  const ends_at = Date.now() + seconds * 1000;
  const timer = setInterval(tell, 250);
  document.body.append(bar);
  tell();
  button.focus();
  announce(`${words} You have ${seconds} seconds to undo it.`);

  function tell() {
    const remaining = Math.ceil((ends_at - Date.now()) / 1000);
    left.textContent = `${remaining} s`;
    if (remaining <= 0 || !bar.isConnected) {
      end();
    }
  }

  async function take_back() {
    end();
    try {
      await undo();
      announce('Undone. Nothing was sent.');
    } catch (problem) {
      trouble(problem);
    }
  }

  function end() {
    clearInterval(timer);
    const focused = bar.contains(document.activeElement);
    bar.remove();
    if (focused) {
      document.getElementById('content')?.focus();
    }
  }
}
