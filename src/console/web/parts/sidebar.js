// The sidebar: Library and Activity, and at its foot who is signed in, the content token and the
// server's health.
import { address, get } from '../api.js';
import { element, replace } from '../dom.js';
import { feed } from '../events.js';
import { count, day, number } from '../format.js';
import { href } from '../router.js';
import { may, sign_out, who } from '../session.js';
import { active_tasks } from '../tasks.js';

const days_low = 30;
const days_very_low = 7;

// {node, update(section)}. `left` is told when somebody has signed out.
export function sidebar({ left }) {
  const active_count = element('span', { class: 'count' });
  const links = {};
  const link = (section, ...words) => {
    links[section] = element('a', { href: href(section) }, words);
    return element('li', {}, links[section]);
  };
  const token = element('div', { class: 'token' });
  const health = element('p', { class: 'health', role: 'status' });
  const node = element(
    'nav',
    { class: 'sidebar', 'aria-label': 'Sections' },
    element('p', { class: 'brand' }, 'Muster'),
    section(
      'Library',
      link('devices', 'Devices'),
      link('users', 'Users'),
      link('groups', 'Groups'),
    ),
    section(
      'Activity',
      link('active', 'Active Tasks ', active_count),
      link('completed', 'Completed Tasks'),
    ),
    element('div', { class: 'foot' }, signed_in(link, left), token, health),
  );

  function tell_count() {
    const tasks = active_tasks.all().length;
    active_count.textContent = tasks === 0 ? '' : number(tasks);
    active_count.hidden = tasks === 0;
  }

  function tell_health() {
    node.dataset.connected = feed.connected;
    health.textContent = feed.connected
      ? 'Connected'
      : 'No connection to the server; trying again';
  }

  active_tasks.addEventListener('change', tell_count);
  feed.addEventListener('connection', tell_health);
  tell_count();
  tell_health();
  show_tokens(token);
  return {
    node,
    update(name) {
      for (const [section_name, each] of Object.entries(links)) {
        if (section_name === name) {
          each.setAttribute('aria-current', 'page');
        } else {
          each.removeAttribute('aria-current');
        }
      }
    },
    refresh: () => show_tokens(token),
  };
}

function section(title, ...links) {
  return [element('h2', {}, title), element('ul', {}, links)];
}

function signed_in(link, left) {
  const out = element(
    'button',
    {
      type: 'button',
      class: 'link',
      on: {
        click: async () => {
          await sign_out();
          left();
        },
      },
    },
    'Sign out',
  );
  return [
    element('p', {}, 'Signed in as ', element('b', {}, who().name), ' · ', out),
    may('admin') &&
      element(
        'ul',
        {},
        link('content-tokens', 'Content tokens'),
        link('tokens', 'API tokens'),
        link('audit', 'Audit log'),
      ),
  ];
}

// Whose content token it is and how long it lasts; each location's where there are several.
async function show_tokens(place) {
  let rows;
  try {
    ({ rows } = await get(address('locations')));
  } catch {
    return; // the health line says that the server is away
  }
  replace(
    place,
    rows.map((location) => {
      if (location.expires_at === '') {
        return element('p', { class: 'quiet' }, 'No content token');
      }
      const left = location.days_left;
      const how = left < days_very_low ? 'bad' : left < days_low ? 'low' : 'good';
      return element(
        'p',
        { title: `until ${day(location.expires_at)}` },
        location.organisation || location.name || location.id,
        element(
          'span',
          { class: `days ${how}` },
          left < 0 ? 'expired' : `${count(left, 'day', 'days')} left`,
        ),
      );
    }),
  );
}
