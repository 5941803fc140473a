// Names with their values; what has none is left out.
import { element } from '../dom.js';

// `list`: [[name, text or element or list of those], …].
export function facts(list) {
  const told = list.filter(([, value]) => (Array.isArray(value) ? value.length !== 0 : value));
  return element(
    'dl',
    { class: 'facts' },
    told.map(([name, value]) => [element('dt', {}, name), element('dd', {}, value)]),
  );
}
