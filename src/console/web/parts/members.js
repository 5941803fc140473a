// The users of a group, nested groups included, by how far they are.
import { address, get } from '../api.js';
import { element } from '../dom.js';
import { go } from '../router.js';
import { CursorRows } from './cursor_rows.js';
import { tell_troubles } from './trouble.js';
import { VirtualList } from './virtual_list.js';

const states = {
  '': 'All',
  'not-invited': 'Not invited',
  invited: 'Invited',
  enrolled: 'Enrolled',
};

export function members_part(group, life) {
  let state = '';
  let rows = null;
  const place = element('div');
  const list = VirtualList.of({
    label: `Users of ${group.name}`,
    empty: 'Nobody.',
    open: (user) => go('users', user.id),
    draw: (user) => [
      element('span', { class: 'name' }, user.full_name || user.id),
      element(
        'span',
        { class: 'mark' },
        user.enrolled ? 'Enrolled' : user.invited ? 'Invited' : 'Not invited',
      ),
      element('span', { class: 'quiet' }, user.email),
    ],
  });
  const look = () => {
    rows = new CursorRows((after, limit) =>
      get(address('groups', group.id, 'members'), {
        query: { state, after, limit },
        signal: life,
      }),
    );
    tell_troubles(rows, place);
    list.rows = rows;
  };
  const choice = element(
    'select',
    {
      on: {
        change: (event) => {
          state = event.target.value;
          look();
        },
      },
    },
    Object.entries(states).map(([value, words]) => element('option', { value }, words)),
  );
  look();
  return {
    refresh: () => rows.refresh(),
    node: element(
      'section',
      { class: 'members', 'aria-label': 'Members' },
      element('h2', {}, 'Members'),
      element('label', {}, 'Show ', choice),
      place,
      list,
    ),
  };
}
