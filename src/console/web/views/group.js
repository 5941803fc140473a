// A group: About with Managed Distribution, its send, and who of it is enrolled; and the groups it
// holds and belongs to.
import { address, get } from '../api.js';
import { element, replace } from '../dom.js';
import { count } from '../format.js';
import { audience_part } from '../parts/audience.js';
import { facts } from '../parts/facts.js';
import { follow_one } from '../parts/following.js';
import { group_links } from '../parts/group_links.js';
import { why_not_send } from '../parts/hindrances.js';
import { managed_distribution } from '../parts/managed_distribution.js';
import { members_part } from '../parts/members.js';
import { opened } from '../parts/opened.js';
import { share_bar } from '../parts/share_bar.js';
import { tabs } from '../parts/tabs.js';

export function group_view(id, [tab], life) {
  return opened({
    words: 'Loading the group …',
    life,
    read: () => read(id, life),
    draw: (known, load) => [
      element('h1', {}, known.group.name || id),
      tabs('Group', [
        { words: 'About', to: ['groups', id], here: tab !== 'nested' },
        { words: 'Nested groups', to: ['groups', id, 'nested'], here: tab === 'nested' },
      ]),
      tab === 'nested' ? nested_tab(known.group, life) : about_tab(known, { life, load }),
    ],
  });
}

async function read(id, life) {
  const [group, about] = await Promise.all([
    get(address('groups', id), { signal: life }),
    get(address('about'), { signal: life }),
  ]);
  return { group, about };
}

function about_tab({ group, about }, { life, load }) {
  const enabled = group.managed_distribution === 'on';
  const enrolled = element('div', {}, share_bar('Enrolled', group.enrolled, group.members));
  const sending = element('div');
  let audience = null;
  const part = managed_distribution({
    checked: enabled,
    because: 'Decides for all users of this group for whom nothing else is said.',
    path: ['groups', group.id],
    saved: load,
    life,
    body: [sending, enrolled],
  });
  const tell = () => {
    audience = audience_part({
      group,
      life,
      why_not: why_not_send({
        enabled: enabled || group.enabled > 0,
        unsaved: part.changed(),
        locations: about.locations,
      }),
    });
    replace(sending, audience.node);
  };
  part.node.querySelector('[type=checkbox]').addEventListener('change', tell);
  tell();
  const members = members_part(group, life);
  const show = (fresh) => {
    replace(enrolled, share_bar('Enrolled', fresh.enrolled, fresh.members));
    audience.look();
    members.refresh();
  };
  follow_one(address('groups', group.id), show, life);
  return [
    facts([
      [
        'Members',
        `${count(group.members, 'user', 'users')}, ${count(group.devices, 'device', 'devices')}`,
      ],
      ['Nested groups', group_links(group.children, life)],
      ['Part of', group_links(group.parents, life)],
    ]),
    part.node,
    members.node,
  ];
}

function nested_tab(group, life) {
  const list = (title, groups, nothing) => [
    element('h2', {}, title),
    group_links(groups, life) || element('p', { class: 'quiet' }, nothing),
  ];
  return [
    list('Groups inside', group.children, 'No group is inside this one.'),
    list('Part of', group.parents, 'This group is inside no other.'),
  ];
}
