// Whether somebody is in front of the page. A session ends after half an hour without requests; a page
// that asks by itself for ever would keep one open for whoever passes by. So what asks by itself asks
// only while the page is seen and was touched lately.

const away_after_ms = 10 * 60 * 1000;
let touched_at = Date.now();

for (const event of ['pointerdown', 'pointermove', 'keydown', 'wheel', 'touchstart']) {
  window.addEventListener(
    event,
    () => {
      touched_at = Date.now();
    },
    { passive: true, capture: true },
  );
}

export function somebody_is_here() {
  return document.visibilityState === 'visible' && Date.now() - touched_at < away_after_ms;
}
