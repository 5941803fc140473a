// What can be done to a task: Pause, Resume, Cancel (asks), Retry failed.
import { address, post } from '../api.js';
import { element } from '../dom.js';
import { count } from '../format.js';
import { may } from '../session.js';
import { active_tasks } from '../tasks.js';
import { announce } from './announcer.js';
import { confirm } from './dialog.js';
import { failed_of } from './task_bar.js';
import { attempt } from './trouble.js';

// It was sent, and begins later: until then it can be undone.
export function waits_for_its_time(task) {
  const over = task.state === 'completed' || task.state === 'cancelled';
  return !over && new Date(task.starts_at || 0) > Date.now();
}

// The buttons that fit the task's state. `done(task)` is told the task after it; `place` shows what
// went wrong.
export function task_actions(task, { place, done }) {
  if (!may('send')) {
    return [];
  }
  const act = async (verb, said, body) => {
    const after = await attempt(place, () => post(address('tasks', task.id, verb), body));
    if (after) {
      announce(said(after));
      active_tasks.learn(after);
      done(after);
    }
  };
  const button = (words, click) =>
    element(
      'button',
      { type: 'button', 'data-action': words, on: { click } },
      words,
      element('span', { class: 'visually-hidden' }, ` ${task.target_name}`),
    );
  const running = task.state === 'running';
  const active = running || task.state === 'paused' || task.state === 'interrupted';
  return [
    running && button('Pause', () => act('pause', () => 'Paused.')),
    active &&
      !running &&
      button(waits_for_its_time(task) ? 'Send now' : 'Resume', () =>
        act('resume', () => 'Resumed.'),
      ),
    active &&
      button('Cancel', async () => {
        if (await confirm(cancel_question(task))) {
          act('cancel', () => 'Cancelled.');
        }
      }),
    failed_of(task) > 0 &&
      task.state !== 'cancelled' &&
      button('Retry failed', () =>
        act(
          'retry',
          ({ retried }) => `${count(retried, 'invitation', 'invitations')} will be sent again.`,
          {},
        ),
      ),
  ];
}

function cancel_question(task) {
  return {
    title: `Cancel the invitations to “${task.target_name}”?`,
    text:
      `${count(task.sent, 'invitation is', 'invitations are')} sent and cannot be called back. ` +
      'Nothing more will be sent.',
    yes: 'Cancel invitations',
    no: 'Go on sending',
  };
}
