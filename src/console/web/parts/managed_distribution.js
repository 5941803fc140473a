// The disclosure triangle "Managed Distribution" of a user or a group: the check box with its Save,
// and below it whatever can be sent.
import { address, patch } from '../api.js';
import { element, unique_id } from '../dom.js';
import { may } from '../session.js';
import { hold } from '../router.js';
import { announce } from './announcer.js';
import { confirm } from './dialog.js';
import { attempt } from './trouble.js';

// `checked`: how it stands; `because`: what to know of that; `path`: of what is saved; `saved` is told
// the server's answer; `life` ends with the view; `body` stands below.
export function managed_distribution({ checked, because, path, saved, life, body }) {
  const note = unique_id('note');
  const place = element('div');
  const box = element('input', {
    type: 'checkbox',
    checked,
    disabled: !may('send'),
    'aria-describedby': note,
    on: { change: tell },
  });
  const save = element('button', { type: 'submit', class: 'main', disabled: true }, 'Save');
  const form = element(
    'form',
    { class: 'switch', on: { submit } },
    element('label', {}, box, ' Enable Managed Distribution Services'),
    save,
    element('p', { id: note, class: 'quiet' }, because),
    place,
  );
  life.addEventListener('abort', () => hold(null));

  const changed = () => box.checked !== checked;

  function tell() {
    save.disabled = !changed();
    hold(changed() ? ask_to_leave : null);
  }

  async function submit(event) {
    event.preventDefault();
    save.disabled = true;
    const answer = await attempt(place, () =>
      patch(
        address(...path),
        { managed_distribution: box.checked ? 'on' : 'off' },
        { signal: life },
      ),
    );
    if (answer === undefined) {
      save.disabled = !changed();
      return;
    }
    hold(null);
    announce('Saved.');
    saved(answer);
  }

  return {
    changed,
    node: element(
      'details',
      { class: 'managed', open: true },
      element('summary', {}, element('h2', {}, 'Managed Distribution')),
      form,
      body,
    ),
  };
}

function ask_to_leave() {
  return confirm({
    title: 'Leave without saving?',
    text: 'The change to Managed Distribution has not been saved.',
    yes: 'Leave',
    no: 'Stay',
  });
}
