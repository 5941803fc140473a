// Rate and answer time over the last ten minutes, asked for every two seconds while somebody looks.
// They are kept here, not by a view, so that the chart has a past when it is opened again.
//
// Events: 'change'.
import { address, get } from './api.js';
import { somebody_is_here } from './parts/presence.js';

export const span_ms = 10 * 60 * 1000;
const every_ms = 2000;

class Samples extends EventTarget {
  list = []; // {at: ms, rate, latency_ms_p50, latency_ms_p99}, oldest first

  // As long as `signal` is not aborted.
  follow(signal) {
    const timer = setInterval(() => somebody_is_here() && this.#ask(signal), every_ms);
    signal.addEventListener('abort', () => clearInterval(timer));
    this.#ask(signal);
  }

  async #ask(signal) {
    let sample;
    try {
      sample = await get(address('metrics-sample'), { signal });
    } catch {
      return; // a gap in the chart; that the server is away is told elsewhere
    }
    const at = new Date(sample.at).getTime();
    this.list = this.list.filter((each) => each.at > at - span_ms);
    this.list.push({ ...sample, at });
    this.dispatchEvent(new Event('change'));
  }
}

export const samples = new Samples();
