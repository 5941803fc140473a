// Who would not be reached and why: a line a reason, and the people themselves in a dialog, from which
// they can be taken along as CSV.
import { csv, address, post } from '../api.js';
import { element } from '../dom.js';
import { count, number } from '../format.js';
import { unreached } from '../words.js';
import { CursorRows } from './cursor_rows.js';
import { ask } from './dialog.js';
import { file_name, save_blob } from './download.js';
import { attempt, tell_troubles } from './trouble.js';
import { VirtualList } from './virtual_list.js';

// "12 people cannot be invited (show)." with the reasons below; null where everybody can be.
export function unreached_part({ selector, preview, name }) {
  const people = unreached(preview);
  if (people === 0) {
    return null;
  }
  const show = element(
    'button',
    {
      type: 'button',
      class: 'link',
      on: { click: () => show_people({ selector, people, name }) },
    },
    'show',
  );
  return element(
    'div',
    { class: 'unreached' },
    element('p', {}, `${number(people)} cannot be invited (`, show, ').'),
    element(
      'ul',
      {},
      preview.unreached.map((each) => element('li', {}, `${number(each.users)}: ${each.reason}`)),
    ),
  );
}

function show_people({ selector, people, name }) {
  const path = address('previews', 'unreached');
  const place = element('div');
  const list = VirtualList.of({
    label: 'People who cannot be invited',
    columns: ['Name', 'Reason'],
    empty: 'Everybody can be invited now.',
    draw: (row) => [
      element('span', { role: 'gridcell' }, row.full_name || row.user_id),
      element('span', { role: 'gridcell' }, row.reason),
    ],
  });
  const rows = new CursorRows((after, limit) =>
    post(path, selector, { query: { after, limit } }),
  );
  tell_troubles(rows, place);
  list.rows = rows;
  const save = async () => {
    const blob = await attempt(place, () => csv(path, { body: selector }));
    if (blob) {
      save_blob(blob, `${file_name('not-invited', name)}.csv`);
    }
  };
  return ask({
    title: `${count(people, 'person', 'people')} who cannot be invited`,
    wide: true,
    body: [
      list,
      element(
        'p',
        {},
        element('button', { type: 'button', on: { click: save } }, 'Download CSV'),
      ),
      place,
    ],
    buttons: [{ value: null, words: 'Close' }],
  });
}
