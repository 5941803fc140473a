// What came of a task that has ended: by reason, and to be kept as JSON, CSV or on paper.
import { element } from '../dom.js';
import { number } from '../format.js';
import { invitation_state } from '../words.js';
import { file_name, save_blob } from './download.js';

export function report_part(task) {
  const save = () =>
    save_blob(
      new Blob([JSON.stringify(task, null, 2)], { type: 'application/json' }),
      `${file_name(task.target_name, task.created_at.slice(0, 10))}.json`,
    );
  return element(
    'section',
    { class: 'report', 'aria-label': 'End report' },
    task.reasons.length !== 0 && reasons_table(task.reasons),
    element(
      'p',
      { class: 'buttons' },
      element('button', { type: 'button', on: { click: save } }, 'Download JSON'),
      element('button', { type: 'button', on: { click: () => window.print() } }, 'Print'),
    ),
  );
}

function reasons_table(reasons) {
  const head = ['State', 'Why', 'Invitations'].map((words) =>
    element('th', { scope: 'col' }, words),
  );
  return element(
    'table',
    {},
    element('caption', {}, 'What did not arrive'),
    element('thead', {}, element('tr', {}, head)),
    element(
      'tbody',
      {},
      reasons.map((each) =>
        element(
          'tr',
          {},
          element('td', {}, invitation_state(each.state)),
          element('td', {}, each.words),
          element('td', { class: 'figure' }, number(each.count)),
        ),
      ),
    ),
  );
}
