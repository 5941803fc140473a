// What the page knows of active tasks: read once, then kept up to date by events. Events tell figures
// of tasks that changed; a task that is new, or that has ended, is read again whole.
//
// Events: 'change' (detail: the ids that changed).
import { address, get } from './api.js';
import { feed } from './events.js';

const ended = (task) => task.state === 'completed' || task.state === 'cancelled';

class ActiveTasks extends EventTarget {
  #tasks = new Map();
  #loading = false;
  #wanted = false;

  constructor() {
    super();
    feed.addEventListener('tasks', (event) => this.#take(event.detail));
  }

  // Newest first.
  all() {
    return [...this.#tasks.values()];
  }

  get(id) {
    return this.#tasks.get(id);
  }

  async load() {
    const { tasks } = await get(address('tasks'), { query: { state: 'active' } });
    const before = [...this.#tasks.keys()];
    this.#tasks = new Map(tasks.map((task) => [task.id, this.#whole(task)]));
    this.#tell([...new Set([...before, ...this.#tasks.keys()])]);
  }

  // A whole task that somebody has just read or changed.
  learn(task) {
    if (ended(task)) {
      this.#tasks.delete(task.id);
    } else {
      const known = this.#tasks.has(task.id);
      this.#tasks = new Map(known ? this.#tasks : [[task.id, task], ...this.#tasks]);
      this.#tasks.set(task.id, this.#whole(task));
    }
    this.#tell([task.id]);
  }

  // With the rate that an event told last, and its own figures instead of the event's. But while it is
  // sent a read lags behind the events: what they have told as sent was.
  #whole(task) {
    const known = this.#tasks.get(task.id);
    const sent = Math.max(task.sent, known?.sent ?? 0);
    return { ...known, ended_badly: undefined, ...task, sent };
  }

  #take(changes) {
    let unknown = false;
    for (const change of changes) {
      const known = this.#tasks.get(change.id);
      unknown ||= known ? ended(change) : !ended(change);
      if (known) {
        this.#tasks.set(change.id, { ...known, ...figures(change) });
      }
    }
    this.#tell(changes.map((change) => change.id));
    if (unknown) {
      this.#load_again();
    }
  }

  // One read at a time, and one more where something else was told meanwhile: a server that answers
  // slowly is not asked for every event.
  async #load_again() {
    this.#wanted = true;
    if (this.#loading) {
      return;
    }
    this.#loading = true;
    while (this.#wanted) {
      this.#wanted = false;
      await this.load().catch(() => {}); // the next event brings it; a lost connection is told elsewhere
    }
    this.#loading = false;
  }

  #tell(ids) {
    this.dispatchEvent(new CustomEvent('change', { detail: ids }));
  }
}

// An event's figures under the names of Task: there `failed` is everything that will not arrive.
function figures({ total, failed, ...rest }) {
  return { ...rest, invitations: total, ended_badly: failed };
}

export const active_tasks = new ActiveTasks();
