// <virtual-list>: a list or table of any length of which only the rows in sight are elements.
//
// A browser makes no element as tall as a million rows. So the scrolled height has a limit, and beyond
// it the scroll bar's travel stands for the rows' in proportion. The focus stays on the list itself;
// arrow keys, Page Up and Down, Home and End move the active row (aria-activedescendant), Enter opens.
import { element, replace, unique_id } from '../dom.js';

const height_max = 8_000_000; // Firefox stops at 17,895,698 px, Chromium at 33,554,428 px
const spare_rows = 6; // drawn above and below what is seen
const want_every_ms = 100;

export class VirtualList extends HTMLElement {
  #options;
  #rows;
  #space = element('div', { class: 'space' });
  #head;
  #drawn = new Map(); // index → {row, node}
  #active = -1;
  #frame = 0;
  #wanted = [0, 0];
  #wanted_at = 0;
  #want_timer = 0;
  #watch = new ResizeObserver(() => this.#draw_soon());
  #id = unique_id('row');

  // `draw(row, index)` answers the children of a row; `open(row, index)` is told what was chosen;
  // `selected(row)` says which row is open now; `columns`: headings make it a table; `label` names
  // it, `empty` is said where there is nothing.
  static of(options) {
    const list = document.createElement('virtual-list');
    list.#options = { selected: () => false, open: () => {}, ...options };
    list.#prepare();
    return list;
  }

  // Other rows instead: the list begins at its top.
  set rows(rows) {
    this.#rows?.removeEventListener('change', this.#changed);
    this.#rows = rows;
    rows.addEventListener('change', this.#changed);
    this.#forget();
    this.#active = -1;
    this.scrollTop = 0;
    this.#draw_soon();
  }

  // All that is seen is drawn anew: another row is open, or another width.
  redraw() {
    this.#forget();
    this.#draw_soon();
  }

  connectedCallback() {
    this.#watch.observe(this);
  }

  disconnectedCallback() {
    this.#watch.disconnect();
    cancelAnimationFrame(this.#frame);
    clearTimeout(this.#want_timer);
    this.#frame = 0;
    this.#want_timer = 0;
  }

  #changed = () => this.#draw_soon();

  #prepare() {
    const { columns, label } = this.#options;
    this.tabIndex = 0;
    this.setAttribute('role', columns ? 'grid' : 'listbox');
    this.setAttribute('aria-label', label);
    if (columns) {
      this.classList.add('table');
      const names = columns.map((name) => element('div', { role: 'columnheader' }, name));
      this.#head = element('div', { class: 'head row', role: 'row', 'aria-rowindex': 1 }, names);
      this.#space.setAttribute('role', 'rowgroup');
      this.append(element('div', { class: 'heading', role: 'rowgroup' }, this.#head));
    } else {
      this.#space.setAttribute('role', 'presentation');
    }
    this.append(this.#space);
    this.addEventListener('scroll', () => this.#draw_soon(), { passive: true });
    this.addEventListener('keydown', (event) => this.#key(event));
    this.addEventListener('focus', () => this.#active < 0 && this.#activate(this.#first_seen()));
    this.#space.addEventListener('click', (event) => this.#click(event));
  }

  // ── where rows are ──
  #geometry() {
    const row = parseFloat(getComputedStyle(this).getPropertyValue('--row-height'));
    const head = this.#head?.parentElement.offsetHeight ?? 0;
    const natural = this.#rows.length * row;
    const height = Math.min(natural, height_max);
    const view = Math.max(this.clientHeight - head, row);
    const travel = height > view ? (natural - view) / (height - view) : 1;
    const scrolled = this.scrollTop;
    return { row, height, view, travel, scrolled, top: scrolled * travel };
  }

  // The same, after the scrolled height was made to fit the rows.
  #fitted() {
    const found = this.#geometry();
    const height = `${found.height}px`;
    if (this.#space.style.height === height) {
      return found;
    }
    this.#space.style.height = height;
    return this.#geometry(); // a list that became shorter is scrolled by the browser
  }

  // The first that is seen whole.
  #first_seen() {
    const { row, top } = this.#geometry();
    return Math.ceil(top / row);
  }

  #draw_soon() {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      if (this.isConnected && this.#rows) {
        this.#draw();
      }
    });
  }

  #draw() {
    // All is measured before anything is changed: a look between two changes makes the browser lay out
    // the list once for each row.
    const { row, view, top, scrolled } = this.#fitted();
    const seen_first = Math.max(0, Math.floor(top / row));
    const first = Math.max(0, seen_first - spare_rows);
    const last = Math.min(this.#rows.length - 1, Math.ceil((top + view) / row) + spare_rows);
    this.#want_soon(first, last);
    for (const [index, { node }] of this.#drawn) {
      if (index < first || index > last) {
        node.remove();
        this.#drawn.delete(index);
      }
    }
    this.#tell_length();
    let previous = null;
    for (let index = first; index <= last; index += 1) {
      previous = this.#place(index, previous, scrolled + index * row - top);
    }
    this.#tell_active();
  }

  // While the scroll bar is dragged through a million rows, not every place it passes is asked for.
  #want_soon(first, last) {
    this.#wanted = [first, last];
    this.#want_timer ||= setTimeout(
      () => {
        this.#want_timer = 0;
        this.#wanted_at = Date.now();
        this.#rows.want(...this.#wanted);
      },
      Math.max(0, this.#wanted_at + want_every_ms - Date.now()),
    );
  }

  // Nodes stand in the order of their rows, which is the order they are read out in.
  #place(index, previous, y) {
    const row = this.#rows.at(index);
    let drawn = this.#drawn.get(index);
    if (!drawn || drawn.row !== row) {
      drawn?.node.remove();
      drawn = { row, node: this.#node(row, index) };
      this.#drawn.set(index, drawn);
    }
    const here = previous ? previous.nextSibling : this.#space.firstChild;
    if (here !== drawn.node) {
      this.#space.insertBefore(drawn.node, here);
    }
    drawn.node.style.transform = `translateY(${y}px)`;
    return drawn.node;
  }

  #node(row, index) {
    const { columns, draw, selected } = this.#options;
    const here = row !== undefined && selected(row);
    const content = row === undefined ? this.#unknown(index) : draw(row, index);
    const known = this.#rows.complete ? this.#rows.length : -1;
    return element(
      'div',
      {
        id: `${this.#id}-${index}`,
        class: here ? 'row selected' : 'row',
        role: columns ? 'row' : 'option',
        'aria-selected': here,
        'aria-rowindex': columns ? index + 2 : null,
        'aria-setsize': columns ? null : known,
        'aria-posinset': columns ? null : index + 1,
        'data-index': index,
      },
      content,
    );
  }

  #unknown() {
    return element(
      'span',
      { role: this.#options.columns ? 'gridcell' : null, class: 'waiting' },
      'Loading …',
    );
  }

  #forget() {
    this.#drawn.clear();
    replace(this.#space);
  }

  // ── what is told of it ──
  #tell_length() {
    const { columns, empty } = this.#options;
    if (columns) {
      this.setAttribute('aria-rowcount', this.#rows.complete ? this.#rows.length + 1 : -1);
    }
    const nothing = this.#rows.complete && this.#rows.length === 0;
    this.toggleAttribute('data-empty', nothing);
    if (nothing && this.#space.firstChild === null) {
      replace(
        this.#space,
        element(
          'div',
          {
            class: 'nothing',
            role: columns ? 'row' : 'option',
            'aria-disabled': columns ? null : true,
          },
          element('span', { role: columns ? 'gridcell' : null }, empty),
        ),
      );
    } else if (!nothing) {
      this.#space.querySelector('.nothing')?.remove();
    }
  }

  #tell_active() {
    this.#space.querySelector('.active')?.classList.remove('active');
    const node = this.#drawn.get(this.#active)?.node;
    if (node) {
      node.classList.add('active');
      this.setAttribute('aria-activedescendant', node.id);
    } else {
      this.removeAttribute('aria-activedescendant');
    }
  }

  // ── keys and clicks ──
  #key(event) {
    const { view, row } = this.#geometry();
    const page = Math.max(1, Math.floor(view / row) - 1);
    const moves = {
      ArrowDown: this.#active + 1,
      ArrowUp: this.#active - 1,
      PageDown: this.#active + page,
      PageUp: this.#active - page,
      Home: 0,
      End: this.#rows.length - 1,
    };
    if (event.key in moves) {
      this.#activate(moves[event.key]);
    } else if (event.key === 'Enter' || event.key === ' ') {
      this.#open(this.#active);
    } else {
      return;
    }
    event.preventDefault();
  }

  #click(event) {
    const node = event.target.closest('[data-index]');
    if (node) {
      this.#activate(Number(node.dataset.index));
      this.#open(this.#active);
    }
  }

  #open(index) {
    const row = this.#rows.at(index);
    if (row) {
      this.#options.open(row, index);
    }
  }

  #activate(index) {
    this.#active = Math.max(0, Math.min(index, this.#rows.length - 1));
    const { row, top, view, travel } = this.#geometry();
    const y = this.#active * row;
    if (y < top) {
      this.scrollTop = Math.floor(y / travel);
    } else if (y + row > top + view) {
      this.scrollTop = Math.ceil((y + row - view) / travel);
    }
    this.#draw();
  }
}

customElements.define('virtual-list', VirtualList);
