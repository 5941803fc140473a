// Says something to people who do not see the page. Polite: it waits until they have been told what
// they asked for.

export function announce(words) {
  const region = document.getElementById('announcer');
  region.textContent = '';
  // Emptied first, or the same words twice would be told once.
  requestAnimationFrame(() => {
    region.textContent = words;
  });
}
