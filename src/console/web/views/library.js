// Library: the list of devices, users or groups, with search, and beside it whoever is opened.
import { address, get } from '../api.js';
import { element, replace } from '../dom.js';
import { count } from '../format.js';
import { go } from '../router.js';
import { CursorRows } from '../parts/cursor_rows.js';
import { follow_people } from '../parts/following.js';
import { when_quiet } from '../parts/pacing.js';
import { tell_troubles } from '../parts/trouble.js';
import { VirtualList } from '../parts/virtual_list.js';
import { device_view } from './device.js';
import { group_view } from './group.js';
import { user_view } from './user.js';

const typing_ms = 200;

const kinds = {
  devices: {
    title: 'Devices',
    search: 'Search by name or serial number',
    view: device_view,
    lines: (device) => [
      device.name || device.id,
      [device.user_full_name, device.serial].filter(Boolean).join(' · '),
    ],
    mark: (device) => (device.pushable ? '' : 'Cannot be reached'),
  },
  users: {
    title: 'Users',
    search: 'Search by name or e-mail',
    view: user_view,
    lines: (user) => [user.full_name || user.id, user.email || user.id],
    mark: (user) => (user.enrolled ? 'Enrolled' : user.invited ? 'Invited' : ''),
  },
  groups: {
    title: 'Groups',
    search: 'Search by name',
    view: group_view,
    lines: (group) => [
      group.name || group.id,
      count(group.members_direct, 'direct member', 'direct members'),
    ],
    mark: (group) => (group.managed_distribution === 'on' ? 'On' : ''),
  },
};

// {node, update(parts of the address)}; lives until `life` ends.
export function library_view(kind, life) {
  const { title, search, view, lines, mark } = kinds[kind];
  const detail = element('section', {
    class: 'detail',
    'aria-label': 'Details',
    tabindex: -1,
  });
  const place = element('div');
  let shown_id = null;
  let detail_life = null;
  let rows = null;
  const list = VirtualList.of({
    label: title,
    empty: 'Nothing here.',
    selected: (row) => row.id === shown_id,
    open: (row) => go(kind, row.id),
    draw(row) {
      const [first, second] = lines(row);
      return [
        element('span', { class: 'name' }, first),
        element('span', { class: 'mark' }, mark(row)),
        element('span', { class: 'quiet' }, second),
      ];
    },
  });
  const input = element('input', {
    type: 'search',
    'aria-label': search,
    placeholder: search,
    on: { input: when_quiet(typing_ms, look, life) },
  });

  function look() {
    const query = input.value.trim();
    rows = new CursorRows((after, limit) =>
      get(address(kind), { query: { query, after, limit }, signal: life }),
    );
    tell_troubles(rows, place);
    list.rows = rows;
  }

  function update([id, ...rest]) {
    shown_id = id ?? null;
    detail_life?.abort();
    detail_life = new AbortController();
    list.redraw();
    if (shown_id === null) {
      replace(
        detail,
        element('p', { class: 'quiet nothing-open' }, `Choose from ${title} to see more.`),
      );
    } else {
      replace(detail, view(shown_id, rest, detail_life.signal));
    }
  }

  look();
  life.addEventListener('abort', () => detail_life?.abort());
  follow_people(() => rows.refresh(), life);
  return {
    update,
    node: element(
      'div',
      { class: 'library' },
      element(
        'section',
        { class: 'list', 'aria-label': title },
        element('h1', { tabindex: -1 }, title),
        element('div', { role: 'search' }, input),
        place,
        list,
      ),
      detail,
    ),
  };
}
