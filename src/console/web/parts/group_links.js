// Groups by name, each a link. The API gives their ids; the names follow as they are read.
import { address, get } from '../api.js';
import { element } from '../dom.js';
import { number } from '../format.js';
import { href } from '../router.js';

const shown_max = 30;
const names = new Map(); // id → name, as last read

// A list; empty text where there are none.
export function group_links(ids, life) {
  if (ids.length === 0) {
    return '';
  }
  const more = ids.length - shown_max;
  return element(
    'ul',
    { class: 'inline' },
    ids.slice(0, shown_max).map((id) => element('li', {}, group_link(id, life))),
    more > 0 && element('li', {}, `and ${number(more)} more`),
  );
}

function group_link(id, life) {
  const link = element('a', { href: href('groups', id) }, names.get(id) ?? id);
  get(address('groups', id), { signal: life })
    .then((group) => {
      names.set(id, group.name || id);
      link.textContent = names.get(id);
    })
    .catch(() => {}); // the id stays
  return link;
}
