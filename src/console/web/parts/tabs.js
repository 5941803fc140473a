// Tabs whose choice stands in the address: links, so that each can be opened, shared and gone back to.
import { element } from '../dom.js';
import { href } from '../router.js';

// `tabs`: [{words, to: [parts of the address], here: bool}]
export function tabs(label, list) {
  return element(
    'nav',
    { class: 'tabs', 'aria-label': label },
    list.map(({ words, to, here }) =>
      element('a', { href: href(...to), 'aria-current': here ? 'page' : null }, words),
    ),
  );
}
