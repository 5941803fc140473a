// <stacked-bar>: parts of a whole as one bar and as a legend under it. The parts differ in lightness
// and pattern, not in colour alone, and the legend says each in numbers.
import { number } from '../format.js';
import { element, replace, svg, unique_id } from '../dom.js';

// Drawn over a part's own colour; 8 × 8 px.
const patterns = {
  plain: '',
  dots: 'M2 2h2v2h-2zM6 6h2v2h-2z',
  stripes: 'M-1 5L5 -1L7 -1L-1 7zM3 9L9 3L9 5L5 9z',
  bars: 'M0 0h2v8h-2z',
  cross: 'M3 0h2v8h-2zM0 3h8v2h-8z',
};

export class StackedBar extends HTMLElement {
  #parts = '';

  // `parts`: [{name, words, pattern, value}] in order; they sum up to the whole.
  show(parts) {
    const said = JSON.stringify(parts);
    if (said === this.#parts) {
      return;
    }
    this.#parts = said;
    const whole = parts.reduce((sum, part) => sum + part.value, 0);
    const defs = svg('defs');
    let x = 0;
    const rects = parts
      .filter((part) => part.value !== 0)
      .flatMap((part) => {
        const width = (100 * part.value) / whole;
        const pieces = filled(defs, part, { x: `${x}%`, width: `${width}%`, height: '100%' });
        x += width;
        return pieces;
      });
    replace(
      this,
      svg('svg', { class: 'bar', role: 'img', 'aria-label': spoken(parts) }, defs, rects),
      element(
        'ul',
        { class: 'legend' },
        parts.map((part) => legend_entry(part)),
      ),
    );
  }
}

function filled(defs, { name, pattern }, place) {
  const id = unique_id('pattern');
  defs.append(
    svg(
      'pattern',
      { id, width: 8, height: 8, patternUnits: 'userSpaceOnUse' },
      svg('path', { d: patterns[pattern], class: 'ink' }),
    ),
  );
  return [
    svg('rect', { ...place, class: `part-${name}` }),
    svg('rect', { ...place, fill: `url(#${id})` }),
  ];
}

function legend_entry(part) {
  const defs = svg('defs');
  const sample = svg(
    'svg',
    { class: 'sample', 'aria-hidden': 'true' },
    defs,
    filled(defs, part, { width: '100%', height: '100%' }),
  );
  return element('li', {}, sample, `${part.words} `, element('b', {}, number(part.value)));
}

const spoken = (parts) => parts.map((part) => `${part.words} ${number(part.value)}`).join(', ');

customElements.define('stacked-bar', StackedBar);
