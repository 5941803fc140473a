// Words for what takes longer than 300 ms; anything quicker shows nothing, so that nothing flickers.
import { element } from '../dom.js';

export function waiting(words) {
  const note = element('p', { class: 'waiting', hidden: true }, words);
  setTimeout(() => {
    note.hidden = false;
  }, 300);
  return note;
}
