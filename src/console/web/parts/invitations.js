// Every invitation of a task: user's full name, device's name, and what became of it. All of them are
// asked for by number, so any of a million is at hand; filtered or searched they are read by cursor.
import { address, csv, get } from '../api.js';
import { element } from '../dom.js';
import { number } from '../format.js';
import { invitation_state, invitation_state_names, reason, way } from '../words.js';
import { CursorRows } from './cursor_rows.js';
import { file_name, save_blob } from './download.js';
import { NumberedRows } from './numbered_rows.js';
import { at_most, when_quiet } from './pacing.js';
import { somebody_is_here } from './presence.js';
import { TimeAgo } from './time_ago.js';
import { show_timeline } from './timeline.js';
import { attempt, tell_troubles } from './trouble.js';
import { VirtualList } from './virtual_list.js';

const columns = ['User', 'Device', 'Channel', 'State', 'Reason', 'Attempts', 'Last change'];
const refresh_every_ms = 2000;
const typing_ms = 250;

export function invitations_part(task, life) {
  const path = address('tasks', task.id, 'invitations');
  const place = element('div');
  const state = element(
    'select',
    { on: { change: look } },
    element('option', { value: '' }, 'All'),
    invitation_state_names.map((name) =>
      element('option', { value: name }, invitation_state(name)),
    ),
  );
  const search = element('input', {
    type: 'search',
    on: { input: when_quiet(typing_ms, look, life) },
  });
  const list = VirtualList.of({
    label: 'Invitations',
    columns,
    empty: 'No invitation fits.',
    draw: (row) => cells(row, task.reasons),
    open: async (row) => {
      if (await attempt(place, () => show_timeline(task, row.invitation, life))) {
        rows.refresh();
      }
    },
  });
  let rows = null;

  function filter() {
    return { state: state.value, query: search.value.trim() };
  }

  function look() {
    const { state: wanted, query } = filter();
    const read = async (after, limit) => {
      const page = await get(path, {
        query: { state: wanted, query, after, limit },
        signal: life,
      });
      return { more: page.rows.length !== 0, ...page };
    };
    rows =
      wanted === '' && query === ''
        ? new NumberedRows(read, task.invitations)
        : new CursorRows(read);
    tell_troubles(rows, place);
    list.rows = rows;
  }

  async function save() {
    const blob = await attempt(place, () => csv(path, { query: filter(), signal: life }));
    if (blob) {
      save_blob(blob, `${file_name('invitations', task.target_name)}.csv`);
    }
  }

  look();
  return {
    refresh: at_most(refresh_every_ms, () => somebody_is_here() && rows.refresh(), life),
    node: element(
      'section',
      { class: 'invitations', 'aria-label': 'Invitations' },
      element('h3', {}, 'Invitations'),
      element(
        'div',
        { class: 'tools' },
        element('label', {}, 'State ', state),
        element('label', {}, 'Search ', search),
        element('button', { type: 'button', on: { click: save } }, 'Download CSV'),
      ),
      place,
      list,
    ),
  };
}

function cells(row, reasons) {
  if (row === null) {
    return element(
      'span',
      { role: 'gridcell', class: 'quiet asleep' },
      'A mail that is sent only where push fails',
    );
  }
  const values = [
    row.user_full_name || row.user_id,
    row.device_name || row.device_id || '–',
    way(row.channel),
    invitation_state(row.state),
    row.reason === '' ? '' : reason(row.reason, reasons),
    number(row.attempts),
    row.updated_at && TimeAgo.of(row.updated_at),
  ];
  return values.map((value, i) =>
    element(
      'span',
      {
        role: 'gridcell',
        'data-column': columns[i],
        'data-state': columns[i] === 'State' ? row.state : null,
        title: typeof value === 'string' ? value : null, // it may be cut off
      },
      value,
    ),
  );
}
