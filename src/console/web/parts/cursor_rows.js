// The rows of a list that is read by cursor, a block at a time, as far as somebody has scrolled. How
// many there are is known at the end only. Blocks far from what is seen give their rows back and are
// read again from their own cursor, so a million rows take no more memory than a screen.
//
// Events: 'change'; 'trouble' (detail: the problem).

import { same_row } from './same_row.js';

const block_size = 100;
const blocks_kept = 20;

export class CursorRows extends EventTarget {
  #read;
  #blocks = []; // {after, count, rows: null where given back or stale, old: stale rows to show}
  #end = { after: 0, more: true };
  #reading = new Set(); // cursors on their way

  // `read(after, limit)` answers {rows, next, more}.
  constructor(read) {
    super();
    this.#read = read;
  }

  get complete() {
    return !this.#end.more;
  }

  // One more than are known while there is more: scrolling there reads on.
  get length() {
    const known = this.#blocks.reduce((sum, block) => sum + block.count, 0);
    return known + (this.complete ? 0 : 1);
  }

  // undefined: not here yet.
  at(index) {
    let first = 0;
    for (const block of this.#blocks) {
      if (index < first + block.count) {
        return (block.rows ?? block.old)?.[index - first];
      }
      first += block.count;
    }
    return undefined;
  }

  // Somebody looks at these, `last` included.
  want(first, last) {
    let begin = 0;
    const far = blocks_kept * block_size;
    for (const block of this.#blocks) {
      const end = begin + block.count;
      if (end > first && begin <= last && block.rows === null) {
        this.#read_block(block.after, block);
      } else if (end < first - far || begin > last + far) {
        block.rows = null;
        block.old = null;
      }
      begin = end;
    }
    if (last >= begin && this.#end.more) {
      this.#read_block(this.#end.after, null);
    }
  }

  // What is seen may have changed on the server; it stays until it has been read again.
  refresh() {
    for (const block of this.#blocks) {
      block.old = block.rows ?? block.old;
      block.rows = null;
    }
    this.#end.more ||= this.#blocks.length === 0;
    this.#tell();
  }

  async #read_block(after, block) {
    if (this.#reading.has(after)) {
      return;
    }
    this.#reading.add(after);
    try {
      const answer = await this.#read(after, block_size);
      this.#take(after, block, answer);
    } catch (problem) {
      if (problem.name !== 'AbortError') {
        this.dispatchEvent(new CustomEvent('trouble', { detail: problem }));
      }
      return;
    } finally {
      this.#reading.delete(after);
    }
    this.#tell();
  }

  #take(after, block, { rows, next, more }) {
    const kept = rows.map((row, i) => same_row(block?.old?.[i], row));
    const fresh = { after, count: rows.length, rows: kept, old: null };
    const place = block === null ? this.#blocks.length : this.#blocks.indexOf(block);
    if (place < 0 || (block === null && after !== this.#end.after)) {
      return; // what stood before it has changed meanwhile
    }
    const following = this.#blocks[place + 1];
    // Where rows came or went the blocks behind no longer join on: they are read anew when wanted.
    const joined = following !== undefined && following.after === next && more;
    this.#blocks.splice(place, joined ? 1 : this.#blocks.length, fresh);
    if (!joined) {
      this.#end = { after: next, more };
    }
  }

  #tell() {
    this.dispatchEvent(new Event('change'));
  }
}
