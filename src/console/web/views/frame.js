// The frame around every view: the sidebar, the way back on a phone, and the view that the address
// names. A view lives until another is shown; its requests and listeners end with it.
import { element, replace } from '../dom.js';
import { current, go } from '../router.js';
import { active_tasks } from '../tasks.js';
import { sidebar } from '../parts/sidebar.js';
import { audit_view } from './audit.js';
import { content_tokens_view } from './content_tokens.js';
import { library_view } from './library.js';
import { task_view } from './task.js';
import { active_view, completed_view } from './tasks.js';
import { tokens_view } from './tokens.js';

const titles = {
  devices: 'Devices',
  users: 'Users',
  groups: 'Groups',
  active: 'Active Tasks',
  completed: 'Completed Tasks',
  tasks: 'Task',
  'content-tokens': 'Content tokens',
  tokens: 'API tokens',
  audit: 'Audit log',
};
const home = 'active';

// {node, arrive(parts of the address), end()}. `left` is told when somebody has signed out.
export function frame({ left }) {
  const side = sidebar({ left });
  const content = element('main', { id: 'content', tabindex: -1 });
  const back = element(
    'button',
    { type: 'button', class: 'back', on: { click: go_back } },
    '‹ Back',
  );
  const skip = element(
    'button',
    { type: 'button', class: 'skip', on: { click: () => content.focus() } },
    'Skip to content',
  );
  const node = element(
    'div',
    { class: 'frame' },
    skip,
    side.node,
    element('div', { class: 'middle' }, back, content),
  );
  let shown = { key: null, view: null, life: null };
  let came_before = false;

  function view_of(section, rest, life) {
    switch (section) {
      case 'active':
        return active_view(life);
      case 'completed':
        return completed_view(life);
      case 'tasks':
        return task_view(rest[0], life);
      case 'content-tokens':
        return content_tokens_view(life, { changed: side.refresh });
      case 'tokens':
        return tokens_view(life);
      case 'audit':
        return audit_view(life);
      default:
        return library_view(section, life);
    }
  }

  function arrive(parts) {
    const section = parts[0] in titles ? parts[0] : home;
    const rest = parts[0] in titles ? parts.slice(1) : [];
    const key = section === 'tasks' ? `tasks/${rest[0]}` : section;
    node.dataset.depth = parts.length === 0 ? 0 : rest.length === 0 ? 1 : 2;
    document.title = `${titles[section]} – Muster`;
    side.update(section === 'tasks' ? 'active' : section);
    if (key !== shown.key) {
      shown.life?.abort();
      const life = new AbortController();
      shown = { key, life, view: view_of(section, rest, life.signal) };
      replace(content, shown.view.node);
    }
    shown.view.update(rest);
    if (came_before) {
      take_focus(rest);
    }
    came_before = true;
  }

  // What was opened is read first. On a wide screen whoever walks through a list stays in it.
  function take_focus(rest) {
    const list_is_seen = back.offsetParent === null;
    if (list_is_seen && document.activeElement?.closest('virtual-list')) {
      return;
    }
    const opened = rest.length === 0 ? null : content.querySelector('.detail');
    (opened ?? content.querySelector('h1') ?? content).focus();
  }

  function go_back() {
    const [section, id] = current();
    if (section === 'tasks') {
      go(active_tasks.get(id) ? 'active' : 'completed');
    } else {
      go(...(id === undefined ? [] : [section]));
    }
  }

  return {
    node,
    arrive,
    end: () => shown.life?.abort(),
  };
}
