// A button that invites one user by one way at once, and what became of it beside the button: "Sent
// 2 seconds ago", then "Shown on the device".
import { address, get } from '../api.js';
import { element, replace, unique_id } from '../dom.js';
import { invitation_state, reason } from '../words.js';
import { preview_of, send } from './send.js';
import { TimeAgo } from './time_ago.js';
import { attempt } from './trouble.js';

const looks_ms = [300, 700, 1000, 2000, 4000, 8000, 15000]; // the last again and again
const looks_max = 40;
const over = new Set(['enrolled', 'failed', 'unreachable', 'cancelled', 'expired', 'superseded']);

// `why_not`: why it cannot be pressed; '' where it can.
export function one_invitation({ words, selector, why_not, life }) {
  const note = unique_id('why');
  const status = element('span', { id: note, role: 'status', class: 'quiet' }, why_not);
  const place = element('div');
  const button = element(
    'button',
    {
      type: 'button',
      disabled: why_not !== '',
      'aria-describedby': note,
      on: { click: press },
    },
    words,
  );

  async function press() {
    button.disabled = true;
    replace(status, 'Sending …');
    const task = await attempt(place, send_one);
    button.disabled = false;
    if (task) {
      await follow(task.id);
    } else {
      replace(status);
    }
  }

  async function send_one() {
    const preview = await preview_of(selector, life);
    if (preview.invitations === 0) {
      const cause = preview.unreached[0]?.reason ?? 'there is nobody left to invite';
      replace(place, element('p', { class: 'trouble', role: 'alert' }, `Not sent: ${cause}.`));
      throw new DOMException('nothing to send', 'AbortError');
    }
    return send({ selector, preview });
  }

  async function follow(id) {
    let said = '';
    for (let look = 0; look < looks_max && !life.aborted; look += 1) {
      await new Promise((wake) => {
        setTimeout(wake, looks_ms[Math.min(look, looks_ms.length - 1)]);
      });
      const row = await latest(id);
      if (row && row.state !== said) {
        said = row.state;
        replace(status, told(row));
      }
      if (over.has(said)) {
        return;
      }
    }
  }

  // A look that fails is made up for by the next.
  async function latest(id) {
    try {
      const page = await get(address('tasks', id, 'invitations'), {
        query: { limit: 1 },
        signal: life,
      });
      return page.rows[0];
    } catch {
      return undefined;
    }
  }

  return element('div', { class: 'one-invitation' }, button, status, place);
}

function told(row) {
  const words = invitation_state(row.state);
  if (row.state === 'sent') {
    return [`${words} `, TimeAgo.of(row.updated_at)];
  }
  return row.reason === '' ? words : `${words}: ${reason(row.reason)}`;
}
