// What is opened beside a list of the library: read, drawn, and read anew once it was changed here.
import { element, replace } from '../dom.js';
import { attempt } from './trouble.js';
import { waiting } from './waiting.js';

// `read()` answers what is known, `draw(known, load)` what is shown of it; `load` reads and draws anew.
// Where it cannot be read there is nothing but the reason.
export function opened({ words, read, draw, life }) {
  const node = element('div', {}, waiting(words));
  const place = element('div');

  async function load() {
    const known = await attempt(place, read);
    if (known) {
      replace(node, draw(known, load), place);
    } else if (!life.aborted) {
      replace(node, place);
    }
  }

  load();
  return node;
}
