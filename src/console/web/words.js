// What the API's words are called in front of people: one place, so that a state has one name.
import { count, number } from './format.js';

const invitation_states = {
  queued: 'Waiting',
  registering: 'Being registered',
  sent: 'Sent',
  shown: 'Shown on the device',
  postponed: 'Put off on the device',
  enrolled: 'Enrolled',
  deferred: 'To be tried again',
  in_doubt: 'In doubt',
  failed: 'Failed',
  unreachable: 'Unreachable',
  cancelled: 'Cancelled',
  expired: 'Expired',
  superseded: 'Not needed any more',
};
const task_states = {
  running: 'Running',
  paused: 'Paused',
  interrupted: 'Interrupted',
  completed: 'Completed',
  cancelled: 'Cancelled',
};
const audiences = {
  'not-invited': 'Users not previously invited',
  'not-enrolled': 'Users that have not yet enrolled',
};
// By which way one invitation goes, and by which ways a send may.
const ways = { push: 'Push', mail: 'Mail', account: 'Account' };
const channels = {
  push: 'Push notification',
  mail: 'Mail',
  'push,mail': 'Push notification and mail',
  'push-then-mail': 'Push notification, and mail to who has no device',
};
const bounds = {
  streams: 'how many requests Apple takes at once',
  window: 'how much Apple takes at once',
  pace: 'the pace that is set',
  CPU: 'this server’s processor',
  peer: 'how fast the answers come',
  connections: 'how many connections are allowed',
  quota: 'the mail quota',
};

export const invitation_state_names = Object.keys(invitation_states);
export const audience_names = Object.keys(audiences);
export const invitation_state = (name) => invitation_states[name] ?? name;
export const task_state = (name) => task_states[name] ?? name;
export const audience = (name) => audiences[name] ?? name;
export const way = (name) => ways[name] ?? name;
export const channel = (name) => channels[name] ?? name;
export const bound = (name) => bounds[name] ?? name;

// "BadDeviceToken" as the task explains it; where it does not, at least no code name.
export function reason(name, reasons = []) {
  const known = reasons.find((each) => each.reason === name);
  return known ? known.words : name.replace(/(?<=[a-z])(?=[A-Z])/g, ' ').toLowerCase();
}

// What goes out: accounts are rows of the task, but nothing is sent to them.
export const outgoing = (preview) => preview.pushes + preview.mails;

// What a send is asked for by: "1,204 invitations", "1 invitation".
export const amount = (preview) => count(outgoing(preview), 'invitation', 'invitations');
export const unreached = (preview) =>
  preview.unreached.reduce((sum, each) => sum + each.users, 0);

// "1,204 invitations will be sent: 1,150 to devices, 54 by mail." and what else will come of it.
export function preview_sentences(preview) {
  const sentences = [];
  const sent = outgoing(preview);
  if (sent === 0) {
    sentences.push('No invitations will be sent.');
  } else {
    const ways = [];
    if (preview.pushes !== 0) {
      ways.push(`${number(preview.pushes)} to devices`);
    }
    if (preview.mails !== 0) {
      ways.push(`${number(preview.mails)} by mail`);
    }
    sentences.push(
      `${count(sent, 'invitation', 'invitations')} will be sent: ${ways.join(', ')}.`,
    );
  }
  if (preview.fallbacks !== 0) {
    sentences.push(`And up to ${count(preview.fallbacks, 'mail', 'mails')} where push fails.`);
  }
  if (preview.accounts !== 0) {
    sentences.push(
      `${count(preview.accounts, 'person', 'people')} will be enrolled without an ` +
        'invitation.',
    );
  }
  return sentences;
}

// How a user stands, in one sentence. `preview` is of a send to him alone; null: not known.
export function user_state(user, preview) {
  if (user.enrolled) {
    return 'Enrolled';
  }
  if (user.invited) {
    return 'Invited, not enrolled yet';
  }
  if (preview !== null && preview.accounts !== 0) {
    return 'Associated without invitation (Managed Apple Account)';
  }
  if (preview !== null && user.enabled && unreached(preview) !== 0) {
    return `Not possible: ${preview.unreached[0].reason}`;
  }
  return 'Not invited';
}
