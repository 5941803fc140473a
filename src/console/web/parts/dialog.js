// A modal dialog: the page behind it rests, Escape means the first button, and the focus goes back to
// where it was.
import { element, unique_id } from '../dom.js';

// Shows it and answers the value of the button that was pressed. The first button is the harmless
// one: it has the first focus, and Escape means it.
//   buttons: [{value, words, kind: 'main' | 'danger' | none}]
export function ask({ title, body, buttons, wide = false }) {
  return new Promise((answer) => {
    const heading = unique_id('dialog');
    const pressed = buttons.map(({ value, words, kind = null }) =>
      element(
        'button',
        { type: 'button', class: kind, on: { click: () => close(value) } },
        words,
      ),
    );
    const before = document.activeElement;
    const dialog = element(
      'dialog',
      {
        'aria-labelledby': heading,
        class: wide ? 'wide' : null,
        on: {
          cancel: (event) => {
            event.preventDefault();
            close(buttons[0].value);
          },
        },
      },
      element('h2', { id: heading }, title),
      element('div', { class: 'body' }, body),
      element('div', { class: 'buttons' }, pressed),
    );

    function close(value) {
      dialog.close();
      dialog.remove();
      if (before?.isConnected) {
        before.focus();
      }
      answer(value);
    }
    document.body.append(dialog);
    dialog.showModal();
    pressed[0].focus();
  });
}

// A question whose yes does something that cannot be taken back.
export function confirm({ title, text, yes, no = 'Cancel' }) {
  return ask({
    title,
    body: element('p', {}, text),
    buttons: [
      { value: false, words: no },
      { value: true, words: yes, kind: 'danger' },
    ],
  });
}
