// <time-ago>: "2 seconds ago", kept true while it is on the page; the exact time on hover.
import { exact_time, time_from_now } from '../format.js';
import { element, replace } from '../dom.js';

const on_page = new Set();
let timer = 0;

export class TimeAgo extends HTMLElement {
  #at;
  #text;

  // `at`: ISO 8601.
  static of(at) {
    const made = document.createElement('time-ago');
    made.#at = at;
    made.#text = element('time', { datetime: at, title: exact_time(at) });
    return made;
  }

  connectedCallback() {
    replace(this, this.#text);
    on_page.add(this);
    this.tell();
    timer ||= setInterval(() => on_page.forEach((each) => each.tell()), 1000);
  }

  disconnectedCallback() {
    on_page.delete(this);
    if (on_page.size === 0) {
      clearInterval(timer);
      timer = 0;
    }
  }

  tell() {
    const words = time_from_now(this.#at);
    if (this.#text.textContent !== words) {
      this.#text.textContent = words;
    }
  }
}

customElements.define('time-ago', TimeAgo);
