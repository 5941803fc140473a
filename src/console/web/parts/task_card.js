// One task as a card: what, to whom, by whom, when; how far it is, and what can be done to it.
import { element, replace } from '../dom.js';
import { count, duration, rate } from '../format.js';
import { href } from '../router.js';
import { audience, bound, channel, task_state } from '../words.js';
import './stacked_bar.js';
import { share_bar } from './share_bar.js';
import { task_actions, waits_for_its_time } from './task_actions.js';
import { task_parts } from './task_bar.js';
import { TimeAgo } from './time_ago.js';

// {node, update(task)}. The buttons stay while the state does, so that a figure that changes does not
// take the focus away. `linked`: the title leads to the task.
export function task_card(task, { level, linked, done = () => {} }) {
  const bar = document.createElement('stacked-bar');
  const about = element('p', { class: 'quiet' });
  const pace = element('p', { class: 'pace' });
  const enrolled = element('div');
  const buttons = element('div', { class: 'buttons' });
  const place = element('div');
  const title = linked
    ? element('a', { href: href('tasks', task.id) }, task.target_name)
    : task.target_name;
  const state = element('span', { class: 'state' });
  const node = element(
    'article',
    { class: 'card', 'data-task': task.id },
    element('header', {}, element(level, { tabindex: linked ? null : -1 }, title), state),
    about,
    bar,
    pace,
    enrolled,
    buttons,
    place,
  );
  let buttons_of = '';

  function update(now) {
    node.dataset.state = now.state;
    state.textContent = waits_for_its_time(now) ? 'Waiting' : task_state(now.state);
    bar.show(task_parts(now));
    replace(pace, pace_words(now));
    replace(enrolled, now.users !== 0 && share_bar('Enrolled', now.users_enrolled, now.users));
    const fits = `${now.state} ${waits_for_its_time(now)} ${now.failed > 0 || now.ended_badly > 0}`;
    if (fits !== buttons_of) {
      buttons_of = fits;
      const had_focus = buttons.contains(document.activeElement);
      replace(buttons, task_actions(now, { place, done }));
      if (had_focus) {
        (buttons.querySelector('button') ?? node.querySelector('a, [tabindex]'))?.focus();
      }
    }
  }

  replace(
    about,
    count(task.invitations, 'invitation', 'invitations'),
    ' · ',
    task.selector.group !== '' && `${audience(task.selector.audience)} · `,
    `${channel(task.selector.channels)} · `,
    task.by && `by ${task.by} · `,
    TimeAgo.of(task.created_at),
  );
  update(task);
  return { node, update };
}

function pace_words(task) {
  if (waits_for_its_time(task)) {
    return ['Begins ', TimeAgo.of(task.starts_at)];
  }
  if (task.state_reason) {
    return task.state_reason;
  }
  if (task.state !== 'running' || task.rate === undefined) {
    return '';
  }
  const words = [rate(task.rate)];
  if (task.seconds_left > 0) {
    words.push(`${duration(task.seconds_left)} left`);
  }
  if (task.bound_by) {
    words.push(`bound by ${bound(task.bound_by)}`);
  }
  return words.join(' · ');
}
