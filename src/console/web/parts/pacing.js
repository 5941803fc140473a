// How often something is done that may be asked for at any moment.

// Runs `work` before the next frame is painted, once for all calls until then. A page that nobody sees
// paints no frames, and so does no work either until it is seen again.
export function once_a_frame(work, life) {
  let frame = 0;
  life.addEventListener('abort', () => cancelAnimationFrame(frame));
  return () => {
    frame ||= requestAnimationFrame(() => {
      frame = 0;
      work();
    });
  };
}

// Runs `work` once, so long after the first call, for all calls until then.
export function at_most(ms, work, life) {
  let timer = 0;
  life.addEventListener('abort', () => clearTimeout(timer));
  return () => {
    timer ||= setTimeout(() => {
      timer = 0;
      work();
    }, ms);
  };
}

// Runs `work` when it has not been called for so long.
export function when_quiet(ms, work, life) {
  let timer = 0;
  life.addEventListener('abort', () => clearTimeout(timer));
  return () => {
    clearTimeout(timer);
    timer = setTimeout(work, ms);
  };
}
