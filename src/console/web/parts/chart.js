// Invitations a second and how long their answers take, over the last ten minutes.
import { element } from '../dom.js';
import { number, rate } from '../format.js';
import { samples, span_ms } from '../samples.js';
import './live_chart.js';

export function chart_part(life) {
  const rates = document.createElement('live-chart');
  const times = document.createElement('live-chart');

  function tell() {
    const points = (value) =>
      samples.list.map((sample) => ({ at: sample.at, value: value(sample) }));
    rates.show({
      title: 'Invitations',
      points: points((sample) => sample.rate),
      words: rate,
      span_ms,
    });
    times.show({
      title: 'Answer time',
      points: points(answer_ms),
      words: (value) => `${number(Math.round(value))} ms`,
      span_ms,
    });
  }

  samples.addEventListener('change', tell, { signal: life });
  samples.follow(life);
  tell();
  return element('div', { class: 'charts' }, rates, times);
}

// The median, where it is told; otherwise the mean by Little's law: as many are on their way as come in
// during one answer.
function answer_ms({ latency_ms_p50, rate: per_second, in_flight }) {
  return latency_ms_p50 ?? (per_second > 0 ? (1000 * in_flight) / per_second : 0);
}
