// Active Tasks and Completed Tasks: a card a task, newest first.
import { address, get } from '../api.js';
import { element, replace } from '../dom.js';
import { active_tasks } from '../tasks.js';
import { once_a_frame } from '../parts/pacing.js';
import { task_card } from '../parts/task_card.js';
import { attempt } from '../parts/trouble.js';
import { waiting } from '../parts/waiting.js';

export function active_view(life) {
  const cards = element('div', { class: 'cards' }, waiting('Loading the tasks …'));
  const place = element('div');
  const drawn = new Map(); // id → card

  function tell() {
    const tasks = active_tasks.all();
    const ids = tasks.map((task) => task.id);
    tasks.forEach((task) => {
      if (drawn.has(task.id)) {
        drawn.get(task.id).update(task);
      } else {
        drawn.set(task.id, task_card(task, { level: 'h2', linked: true }));
      }
    });
    if (ids.join() !== [...drawn.keys()].join() || cards.querySelector('.card') === null) {
      [...drawn.keys()].filter((id) => !ids.includes(id)).forEach((id) => drawn.delete(id));
      replace(
        cards,
        ids.map((id) => drawn.get(id).node),
        ids.length === 0 &&
          element('p', { class: 'quiet' }, 'Nothing is being sent. Choose a group to begin.'),
      );
    }
  }

  active_tasks.addEventListener('change', once_a_frame(tell, life), { signal: life });
  attempt(place, () => active_tasks.load());
  return page('Active Tasks', place, cards);
}

export function completed_view(life) {
  const cards = element('div', { class: 'cards' }, waiting('Loading the tasks …'));
  attempt(cards, () =>
    get(address('tasks'), { query: { state: 'completed' }, signal: life }),
  ).then(
    (answer) =>
      answer &&
      replace(
        cards,
        answer.tasks.map((task) => task_card(task, { level: 'h2', linked: true }).node),
        answer.tasks.length === 0 && element('p', { class: 'quiet' }, 'Nothing was sent yet.'),
      ),
  );
  return page('Completed Tasks', cards);
}

function page(title, ...content) {
  return {
    update() {},
    node: element(
      'section',
      { class: 'page', 'aria-label': title },
      element('h1', { tabindex: -1 }, title),
      content,
    ),
  };
}
