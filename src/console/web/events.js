// The server's event stream, opened anew whenever it ends. The browser takes a lost connection up by
// itself and says which event it saw last; a refusal (503 while the server starts) ends its tries, so
// those are ours, ever more seldom.
//
// Events: 'tasks' (detail: what changed), 'roster', 'connection' (detail: true while it stands).

const first_wait_ms = 1000;
const longest_wait_ms = 30000;

class Feed extends EventTarget {
  #source = null;
  #wait_ms = first_wait_ms;
  #timer = 0;
  #last_id = '';
  connected = false;

  open() {
    this.close();
    const query =
      this.#last_id === '' ? '' : `?last_event_id=${encodeURIComponent(this.#last_id)}`;
    const source = new EventSource(`/api/v1/events${query}`);
    this.#source = source;
    source.addEventListener('open', () => {
      this.#wait_ms = first_wait_ms;
      this.#tell_connected(true);
    });
    source.addEventListener('error', () => {
      this.#tell_connected(false);
      if (source.readyState === EventSource.CLOSED) {
        this.#try_later();
      }
    });
    source.addEventListener('bye', () => {
      this.#tell_connected(false);
      this.#try_later();
    });
    source.addEventListener('tasks', (event) => {
      this.#last_id = event.lastEventId;
      this.#tell('tasks', JSON.parse(event.data).tasks);
    });
    source.addEventListener('roster', () => this.#tell('roster'));
  }

  close() {
    clearTimeout(this.#timer);
    this.#source?.close();
    this.#source = null;
  }

  #try_later() {
    this.close();
    this.#timer = setTimeout(() => this.open(), this.#wait_ms);
    this.#wait_ms = Math.min(this.#wait_ms * 2, longest_wait_ms);
  }

  #tell_connected(connected) {
    if (connected !== this.connected) {
      this.connected = connected;
      this.#tell('connection', connected);
    }
  }

  #tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}

export const feed = new Feed();
