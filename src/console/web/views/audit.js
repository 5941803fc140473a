// The audit log: who did what to what, and when; newest first.
import { address, get } from '../api.js';
import { element } from '../dom.js';
import { CursorRows } from '../parts/cursor_rows.js';
import { TimeAgo } from '../parts/time_ago.js';
import { tell_troubles } from '../parts/trouble.js';
import { VirtualList } from '../parts/virtual_list.js';

const columns = ['When', 'Who', 'What', 'To what', 'Details'];

export function audit_view(life) {
  const place = element('div');
  const list = VirtualList.of({
    label: 'Audit log',
    columns,
    empty: 'Nothing was done yet.',
    draw: (row) =>
      [TimeAgo.of(row.at), row.actor, row.action, row.target, detail_words(row.detail)].map(
        (value, i) => element('span', { role: 'gridcell', 'data-column': columns[i] }, value),
      ),
  });
  const rows = new CursorRows((after, limit) =>
    get(address('audit'), { query: { after, limit }, signal: life }),
  );
  tell_troubles(rows, place);
  list.rows = rows;
  return {
    update() {},
    node: element(
      'section',
      { class: 'page audit', 'aria-label': 'Audit log' },
      element('h1', { tabindex: -1 }, 'Audit log'),
      place,
      list,
    ),
  };
}

// A JSON object, as a text or as such: "invitations 1,204, group g7".
function detail_words(detail) {
  try {
    const told = typeof detail === 'string' ? JSON.parse(detail || '{}') : detail;
    return Object.entries(told)
      .map(([name, value]) => `${name} ${value}`)
      .join(', ');
  } catch {
    return detail;
  }
}
