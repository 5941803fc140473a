// When what is shown of people may have changed: the roster was edited, or a task moved on, by which
// somebody may have enrolled. Who accepts a week later moves no task; so now and then without a sign.
import { get } from '../api.js';
import { feed } from '../events.js';
import { at_most } from './pacing.js';
import { somebody_is_here } from './presence.js';

const every_ms = 15_000;
const soon_ms = 2000; // a herd of devices that check in changes the roster every second

// Runs `work` at such times until `life` ends.
export function follow_people(work, life) {
  const look = () => somebody_is_here() && work();
  const soon = at_most(soon_ms, look, life);
  feed.addEventListener('roster', soon, { signal: life });
  feed.addEventListener('tasks', soon, { signal: life });
  const timer = setInterval(look, every_ms);
  life.addEventListener('abort', () => clearInterval(timer));
}

// Reads one of them at such times; what cannot be read stays as it is shown.
export function follow_one(path, show, life) {
  follow_people(async () => {
    const fresh = await get(path, { signal: life }).catch(() => null);
    if (fresh) {
      show(fresh);
    }
  }, life);
}
