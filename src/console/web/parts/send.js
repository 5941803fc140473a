// From a preview to a task. What is sent is the set that was previewed: the server refuses any other,
// and then the new number is shown and asked for again.
import { address, post } from '../api.js';
import { element } from '../dom.js';
import { count, duration, number } from '../format.js';
import { active_tasks } from '../tasks.js';
import { amount, audience, channel, outgoing, preview_sentences } from '../words.js';
import { ask } from './dialog.js';
import { facts } from './facts.js';

export const undo_seconds = 10;

export const preview_of = (selector, signal) => post(address('previews'), selector, { signal });

// The task. `patience`: how many seconds the server waits, for Undo. An answer that was lost is asked
// for once more: by the key the server knows that it is the same send.
export async function send({ selector, preview, patience = 0 }) {
  const order = {
    ...selector,
    preview: preview.id,
    invitations: preview.invitations,
    ...(patience === 0 ? {} : { undo_seconds: patience }),
  };
  const headers = { 'Idempotency-Key': idempotency_key() };
  const give = () => post(address('tasks'), order, { headers });
  const task = await give().catch((problem) => {
    if (problem.status === 0) {
      return give();
    }
    throw problem;
  });
  active_tasks.learn(task);
  return task;
}

// Asks, and sends if the answer is yes. Answers the task and its preview; null: cancelled.
export async function confirm_and_send({ selector, preview, name }) {
  let shown = preview;
  let changed_from = null;
  for (;;) {
    if (!(await confirm_preview({ selector, preview: shown, name, changed_from }))) {
      return null;
    }
    try {
      return {
        task: await send({ selector, preview: shown, patience: undo_seconds }),
        preview: shown,
      };
    } catch (problem) {
      if (problem.status !== 409 || problem.body.preview === undefined) {
        throw problem;
      }
      changed_from = shown;
      shown = await preview_of(selector);
      if (shown.invitations === 0) {
        throw problem;
      }
    }
  }
}

function idempotency_key() {
  return Array.from(crypto.getRandomValues(new Uint32Array(4)), (word) => word.toString(16)).join(
    '-',
  );
}

function confirm_preview({ selector, preview, name, changed_from }) {
  return ask({
    title: `Send ${amount(preview)} to “${name}”?`,
    body: [
      changed_from &&
        element(
          'p',
          { class: 'warning', role: 'alert' },
          `The audience changed since you looked: ${amount(preview)} now, ` +
            `${number(outgoing(changed_from))} before. Nothing was sent.`,
        ),
      facts([
        ['Group', name],
        ['Audience', audience(selector.audience)],
        ['Channels', channel(selector.channels)],
        ['Invitations', preview_sentences(preview).join(' ')],
        ['People', count(preview.users, 'person', 'people')],
        ['What they will see', what_they_see(preview)],
        ['Done', finish_estimate(preview)],
      ]),
      preview.warnings.map((warning) => element('p', { class: 'warning' }, warning)),
    ],
    buttons: [
      { value: false, words: 'Cancel' },
      { value: true, words: 'Send', kind: 'main' },
    ],
  });
}

function what_they_see(preview) {
  const sights = [];
  if (preview.pushes !== 0) {
    sights.push('a notification on the device that asks them to enrol');
  }
  if (preview.mails !== 0) {
    sights.push('a mail with a link to enrol');
  }
  return sights.length === 0 ? 'Nothing' : `${capital(sights.join('; '))}.`;
}

function finish_estimate(preview) {
  return preview.seconds_estimated === 0
    ? 'As fast as Apple and the mail server take them.'
    : `In about ${duration(preview.seconds_estimated + undo_seconds)}, at the pace that is set.`;
}

const capital = (words) => words.charAt(0).toUpperCase() + words.slice(1);
