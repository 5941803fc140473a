// One task: its card, the chart of rate and answer time while it runs, its end report, and every
// invitation in a table.
import { address, get } from '../api.js';
import { element, replace } from '../dom.js';
import { active_tasks } from '../tasks.js';
import { invitations_part } from '../parts/invitations.js';
import { chart_part } from '../parts/chart.js';
import { once_a_frame } from '../parts/pacing.js';
import { report_part } from '../parts/report.js';
import { task_card } from '../parts/task_card.js';
import { attempt } from '../parts/trouble.js';
import { waiting } from '../parts/waiting.js';

export function task_view(id, life) {
  const node = element(
    'section',
    { class: 'page task', 'aria-label': 'Task' },
    element('h1', { class: 'visually-hidden', tabindex: -1 }, 'Task'),
  );
  const content = element('div', {}, waiting('Loading the task …'));
  node.append(content);

  async function load() {
    const task = await attempt(content, () => get(address('tasks', id), { signal: life }));
    if (task) {
      const again = content.querySelector('article') !== null;
      replace(content, task_parts(task));
      if (again && document.activeElement === document.body) {
        content.querySelector('h2').focus(); // what was pressed is gone
      }
    }
  }

  function task_parts(task) {
    const active = task.state !== 'completed' && task.state !== 'cancelled';
    const invitations = invitations_part(task, life);
    const card = task_card(task, {
      level: 'h2',
      linked: false,
      done: () => active || load(), // what is active is followed
    });
    if (active) {
      active_tasks.learn(task);
      const following = new AbortController();
      life.addEventListener('abort', () => following.abort());
      const follow = once_a_frame(() => {
        const now = active_tasks.get(id);
        if (now === undefined) {
          following.abort();
          load();
        } else {
          card.update(now);
          invitations.refresh();
        }
      }, following.signal);
      const told = (event) => event.detail.includes(id) && follow();
      active_tasks.addEventListener('change', told, { signal: following.signal });
    }
    return [
      card.node,
      active && chart_part(life),
      !active && report_part(task),
      invitations.node,
    ];
  }

  load();
  return { update() {}, node };
}
