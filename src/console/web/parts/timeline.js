// What happened to one invitation, moment by moment.
import { address, get, post } from '../api.js';
import { element } from '../dom.js';
import { exact_time } from '../format.js';
import { may } from '../session.js';
import { invitation_state, reason, way } from '../words.js';
import { announce } from './announcer.js';
import { ask } from './dialog.js';
import { facts } from './facts.js';

const can_go_again = new Set(['failed', 'unreachable', 'expired', 'in_doubt']);

// Shows it until it is closed. Answers true where the invitation was sent again.
export async function show_timeline(task, number, life) {
  const path = ['tasks', task.id, 'invitations', number];
  const { row, moments } = await get(address(...path), { signal: life });
  const again = may('send') && can_go_again.has(row.state);
  const answer = await ask({
    title: row.user_full_name || row.user_id,
    wide: true,
    body: [
      facts(about(row, task.reasons)),
      element('h3', {}, 'What happened'),
      element('ol', { class: 'moments' }, moments.map(moment_entry)),
    ],
    buttons: [
      { value: 'close', words: 'Close' },
      ...(again ? [{ value: 'again', words: 'Send again' }] : []),
    ],
  });
  if (answer === 'again') {
    await post(address(...path, 'send-again'));
    announce('It will be sent again.');
  }
  return answer === 'again';
}

function about(row, reasons) {
  return [
    ['Device', row.device_name || row.device_id],
    ['Channel', way(row.channel)],
    ['State', invitation_state(row.state)],
    ['Reason', row.reason && reason(row.reason, reasons)],
    ['Answer', row.reply],
    ['apns-id', row.channel === 'push' ? row.apns_id : ''],
  ];
}

function moment_entry({ at, words }) {
  return element(
    'li',
    {},
    at && element('time', { datetime: at }, exact_time(at)),
    element('span', {}, words),
  );
}
