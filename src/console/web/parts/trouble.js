// What went wrong, in words, where it went wrong.
import { element, replace } from '../dom.js';

export function trouble(problem) {
  return element('p', { class: 'trouble', role: 'alert' }, problem.message);
}

// Runs `work` for a view. What goes wrong is shown in `place`; a view that was left does not care.
export async function attempt(place, work) {
  try {
    const result = await work();
    replace(place);
    return result;
  } catch (problem) {
    if (problem.name === 'AbortError') {
      return undefined;
    }
    if (problem.name !== 'Problem') {
      throw problem; // a bug of ours: let the browser's console tell it
    }
    replace(place, trouble(problem));
    return undefined;
  }
}

// Shows in `place` what goes wrong when rows are read, until some are read again.
export function tell_troubles(rows, place) {
  rows.addEventListener('trouble', (event) => replace(place, trouble(event.detail)));
  rows.addEventListener('change', () => replace(place));
}
