// A group's send: who is meant, how many invitations that makes, before anything is sent; the button,
// its confirmation, and Undo.
import { address, post } from '../api.js';
import { element, replace } from '../dom.js';
import { active_tasks } from '../tasks.js';
import { go } from '../router.js';
import { amount, audience, audience_names, preview_sentences } from '../words.js';
import { confirm_and_send, preview_of, undo_seconds } from './send.js';
import { attempt, trouble } from './trouble.js';
import { offer_undo } from './undo_bar.js';
import { unreached_part } from './unreached.js';
import { waiting } from './waiting.js';

// `why_not`: why nothing can be sent at all; '' where it can.
export function audience_part({ group, why_not, life }) {
  const selector = { group: group.id, audience: 'not-invited', channels: 'push-then-mail' };
  const choice = element('fieldset', { hidden: true });
  const status = element('div', { class: 'status', role: 'status' }, waiting('Counting …'));
  const look_place = element('div');
  const place = element('div');
  const send_button = element(
    'button',
    { type: 'button', class: 'main', disabled: true, on: { click: press } },
    'Send invitation to users’ devices',
  );
  let preview = null;
  let looks = 0; // the answer to an older question is not shown

  async function look() {
    looks += 1;
    const mine = looks;
    const answer = await attempt(look_place, () => preview_of(selector, life));
    if (answer === undefined || mine !== looks) {
      return;
    }
    send_button.disabled = why_not !== '' || answer.invitations === 0;
    const same = preview !== null && JSON.stringify(preview) === JSON.stringify(answer);
    preview = answer;
    if (same) {
      return; // not told again, and "show" keeps the focus
    }
    tell_choice();
    replace(
      status,
      element('p', {}, preview_sentences(preview).join(' ')),
      unreached_part({ selector: { ...selector }, preview, name: group.name }),
    );
  }

  // Nothing to choose where both are the same people.
  function tell_choice() {
    choice.hidden = preview.users_not_invited === preview.users_not_enrolled;
    if (choice.hidden || choice.firstChild !== null) {
      return;
    }
    replace(
      choice,
      element('legend', {}, 'Invite'),
      audience_names.map((name) =>
        element(
          'label',
          {},
          element('input', {
            type: 'radio',
            name: 'audience',
            value: name,
            checked: name === selector.audience,
            on: {
              change: () => {
                selector.audience = name;
                send_button.disabled = true;
                look();
              },
            },
          }),
          ` ${audience(name)}`,
        ),
      ),
    );
  }

  async function press() {
    const sent = await attempt(place, () =>
      confirm_and_send({ selector: { ...selector }, preview, name: group.name }),
    );
    look();
    if (sent) {
      offer_undo({
        words: `${amount(sent.preview)} to ${group.name} will be sent.`,
        seconds: undo_seconds,
        undo: () => take_back(sent.task.id),
        trouble: (problem) => replace(place, trouble(problem)),
      });
    }
  }

  async function take_back(id) {
    active_tasks.learn(await post(address('tasks', id, 'cancel')));
    look();
  }

  look();
  return {
    look,
    node: element(
      'div',
      { class: 'audience' },
      choice,
      status,
      look_place,
      element('p', {}, send_button, ' ', element('span', { class: 'quiet' }, why_not)),
      element(
        'p',
        {},
        element(
          'button',
          { type: 'button', class: 'link', on: { click: () => go('active') } },
          'Active Tasks',
        ),
        ' shows how it goes.',
      ),
      place,
    ),
  };
}
