// The rows of a list whose n-th row is asked for by its number: any of a million is a question away,
// so the scroll bar may be dragged anywhere. The same face as CursorRows.
//
// Rows carry their number as `invitation`. One that is missing among the others is asleep (a letter that is sent
// only where push fails): `null`.

import { same_row } from './same_row.js';

const block_size = 100;
const blocks_kept = 20;

export class NumberedRows extends EventTarget {
  #read;
  #blocks = new Map(); // block's place → rows by place, or null while they are on their way
  #stale = new Map(); // what was there before a refresh
  complete = true;

  // `read(after, limit)` answers {rows, next, more}; `length`: how many numbers there are.
  constructor(read, length) {
    super();
    this.#read = read;
    this.length = length;
  }

  at(index) {
    const place = Math.floor(index / block_size);
    const rows = this.#blocks.get(place) ?? this.#stale.get(place);
    return rows?.[index % block_size];
  }

  want(first, last) {
    const from = Math.floor(first / block_size);
    const to = Math.floor(Math.min(last, this.length - 1) / block_size);
    for (let place = from; place <= to; place += 1) {
      if (!this.#blocks.has(place)) {
        this.#read_block(place);
      }
    }
    for (const kept of [this.#blocks, this.#stale]) {
      for (const place of kept.keys()) {
        if (
          kept.get(place) !== null &&
          (place < from - blocks_kept || place > to + blocks_kept)
        ) {
          kept.delete(place);
        }
      }
    }
  }

  refresh() {
    for (const [place, rows] of this.#blocks) {
      if (rows !== null) {
        this.#stale.set(place, rows);
        this.#blocks.delete(place);
      }
    }
    this.#tell();
  }

  async #read_block(place) {
    this.#blocks.set(place, null);
    const first = place * block_size;
    try {
      const answer = await this.#read(first, block_size);
      const before = this.#stale.get(place);
      const rows = new Array(block_size).fill(null);
      for (const row of answer.rows) {
        if (row.invitation < first + block_size) {
          const number = row.invitation - first;
          rows[number] = same_row(before?.[number], row);
        }
        this.length = Math.max(this.length, row.invitation + 1);
      }
      this.#blocks.set(place, rows);
      this.#stale.delete(place);
    } catch (problem) {
      this.#blocks.delete(place);
      if (problem.name !== 'AbortError') {
        this.dispatchEvent(new CustomEvent('trouble', { detail: problem }));
      }
      return;
    }
    this.#tell();
  }

  #tell() {
    this.dispatchEvent(new Event('change'));
  }
}
