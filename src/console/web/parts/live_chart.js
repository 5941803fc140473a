// <live-chart>: one figure over the last ten minutes as a line, with its value now in words.
import { element, replace, svg } from '../dom.js';

const width = 300;
const height = 64;
const gap_ms = 10_000; // further apart, two samples are not joined: nobody looked in between

export class LiveChart extends HTMLElement {
  // `points`: [{at, value}], oldest first; `words(value)` says a value; `span_ms` is the width.
  show({ title, points, words, span_ms }) {
    const until = points.at(-1)?.at ?? Date.now();
    const most = Math.max(...points.map((point) => point.value), 1e-9);
    const x = (at) => width - (width * (until - at)) / span_ms;
    const y = (value) => height - 2 - ((height - 6) * value) / most;
    let path = '';
    points.forEach((point, i) => {
      const joined = i > 0 && point.at - points[i - 1].at < gap_ms;
      path += `${joined ? 'L' : 'M'}${x(point.at).toFixed(1)} ${y(point.value).toFixed(1)}`;
    });
    const now = points.length === 0 ? '–' : words(points.at(-1).value);
    const top = points.length === 0 ? '' : `at most ${words(most)}`;
    replace(
      this,
      element(
        'p',
        {},
        `${title} `,
        element('b', {}, now),
        ' ',
        element('span', { class: 'quiet' }, top),
      ),
      svg(
        'svg',
        {
          viewBox: `0 0 ${width} ${height}`,
          preserveAspectRatio: 'none',
          role: 'img',
          'aria-label': `${title} over the last ten minutes: now ${now}, ${top}`,
        },
        svg('path', { class: 'base', d: `M0 ${height - 1}H${width}` }),
        svg('path', { class: 'line', d: path }),
      ),
    );
  }
}

customElements.define('live-chart', LiveChart);
