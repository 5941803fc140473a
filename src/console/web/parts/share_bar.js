// "Enrolled 862 of 1,235" with a bar.
import { number, share } from '../format.js';
import { element } from '../dom.js';

export function share_bar(words, part, whole) {
  const said = `${words} ${number(part)} of ${number(whole)}`;
  return element(
    'div',
    { class: 'share' },
    element('p', {}, `${said} `, element('span', { class: 'quiet' }, share(part, whole))),
    element('progress', { value: part, max: Math.max(whole, 1), 'aria-label': said }),
  );
}
