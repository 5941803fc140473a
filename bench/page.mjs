// What a browser's page feels while a send goes on; bench/page.py starts it and judges. A line of JSON
// on stdout for each phase measured, words for a person on stderr.
//
// Everything is measured inside the page: its frames, its long tasks, what passes between an input and
// the frame behind it, its requests and updates; and by the debugger the CPU of its main thread, which
// is the page's own however many others want the core. `idle` is the page in front of a task that waits
// for its time; `sending` the same page, worked the same way, from "Send now" to the last invitation.
import { ask_api, close_browser, open, open_page, sign_in, world } from '../tests/e2e/console/browser.mjs';

const idle_ms = 6000;
const deadline_ms = 120_000; // of a phase
const page = await open_page();
const debug = await page.context().newCDPSession(page);
await debug.send('Performance.enable', { timeDomain: 'threadTicks' });
await debug.send('HeapProfiler.enable');
const browser_debug = await page.context().browser().newBrowserCDPSession();
await page.addInitScript(watch);
await sign_in(page);

// ── in the page ──
// Watches from the document's start; meter.begin() forgets what was, meter.end() tells what came since.
// A send is over a second behind its last invitation: the end report is drawn by then.
function watch() {
  const drawn_ms = 1000;
  let seen = null;
  let until = Infinity;
  const counted = () => seen !== null && performance.now() < until;
  const note = (name, value) => counted() && seen[name].push(value);
  const observe = (type, take) =>
    new PerformanceObserver((list) => list.getEntries().forEach(take)).observe({ type });
  observe('longtask', (entry) => note('long_tasks', entry.duration));
  observe('resource', (entry) => {
    if (entry.initiatorType === 'fetch') {
      note('requests', new URL(entry.name).pathname);
    }
  });

  // From the input to the frame that answers it: the task behind the next animation frame.
  const behind_frame = (work) =>
    requestAnimationFrame(() => {
      const channel = new MessageChannel();
      channel.port1.onmessage = work;
      channel.port2.postMessage(null);
    });
  for (const kind of ['wheel', 'keydown', 'pointerdown', 'click']) {
    window.addEventListener(
      kind,
      ({ timeStamp }) => {
        if (counted()) {
          const { answers } = seen;
          behind_frame(() => answers.push(performance.now() - timeStamp));
        }
      },
      { capture: true, passive: true },
    );
  }

  // The figures of the bar, whenever they change: "Sent 5, Waiting 3".
  let bar_said = '';
  function look_at_bar() {
    const words = document.querySelector('article stacked-bar .bar')?.getAttribute('aria-label');
    if (words && words !== bar_said) {
      bar_said = words;
      const waiting = Number(/Waiting ([\d,]+)/.exec(words)[1].replaceAll(',', ''));
      note('waiting', waiting);
      if (waiting === 0 && until === Infinity) {
        until = performance.now() + drawn_ms;
      }
    }
  }

  let last = 0;
  (function frame(now) {
    if (last !== 0) {
      note('frames', now - last);
    }
    last = now;
    look_at_bar();
    requestAnimationFrame(frame);
  })(0);

  window.meter = {
    async begin(task) {
      const { feed } = await import('/events.js');
      const names = ['long_tasks', 'requests', 'frames', 'answers', 'waiting', 'updates', 'rows'];
      seen = Object.fromEntries(names.map((name) => [name, []]));
      seen.at = performance.now();
      until = Infinity;
      bar_said = '';
      window.meter.stop = new AbortController();
      const { signal } = window.meter.stop;
      const tell = ({ detail }) => {
        if (detail.some((each) => each.id === task)) {
          note('updates', performance.now() - seen.at);
        }
        note('rows', document.querySelectorAll('virtual-list .row').length);
      };
      feed.addEventListener('tasks', tell, { signal });
    },
    is_over: () => !counted(),
    end() {
      window.meter.stop.abort();
      const { at, ...rest } = seen;
      seen = null;
      const measured_until = Math.min(until, performance.now());
      return {
        seconds: (performance.now() - at) / 1000,
        seconds_measured: (measured_until - at) / 1000,
        ...rest,
      };
    },
  };
}

// ── outside ──
async function costs() {
  const { metrics } = await debug.send('Performance.getMetrics');
  const of = Object.fromEntries(metrics.map(({ name, value }) => [name, value]));
  const { processInfo } = await browser_debug.send('SystemInfo.getProcessInfo');
  return {
    main_cpu_s: of.TaskDuration,
    script_cpu_s: of.ScriptDuration,
    layout_cpu_s: of.LayoutDuration + of.RecalcStyleDuration,
    browser_cpu_s: processInfo.reduce((sum, each) => sum + each.cpuTime, 0),
  };
}

async function heap() {
  await debug.send('HeapProfiler.collectGarbage');
  const { metrics } = await debug.send('Performance.getMetrics');
  return metrics.find(({ name }) => name === 'JSHeapUsedSize').value;
}

async function measure(phase, task, work) {
  await page.evaluate((id) => window.meter.begin(id), task);
  const before = await costs();
  await work();
  const after = await costs();
  const told = await page.evaluate(() => window.meter.end());
  for (const name of Object.keys(before)) {
    told[name] = after[name] - before[name];
  }
  console.log(JSON.stringify({ phase, ...told }));
  console.error(`page: ${phase}, ${told.seconds.toFixed(1)} s, ${told.updates.length} updates`);
}

// A task that waits for its time, opened in the page by way of the list.
async function open_task(rate) {
  const selector = { group: 'all', audience: 'not-enrolled', channels: 'push' };
  const preview = await ask_api(page, 'POST', 'previews', selector);
  const task = await ask_api(page, 'POST', 'tasks', {
    ...selector,
    preview: preview.id,
    invitations: preview.invitations,
    start_at: new Date(Date.now() + 3_600_000).toISOString(),
    rate,
  });
  if (task.id === undefined || task.invitations !== world.devices) {
    throw new Error(`the task was not taken: ${JSON.stringify(task)}`);
  }
  await to_list();
  await page.locator(`article[data-task="${task.id}"] header a`).click();
  await page.locator('virtual-list [data-column]').first().waitFor();
  await page.locator('live-chart').first().waitFor();
  return task.id;
}

async function to_list() {
  await page.getByRole('link', { name: /^Active Tasks/ }).click();
  await page.getByRole('heading', { name: 'Active Tasks', level: 1 }).waitFor();
}

const table = page.locator('virtual-list.table');
const search = page.getByLabel('Search');

async function wheel() {
  await table.hover({ timeout: 5000 });
  for (let i = 0; i < 5; i += 1) {
    await page.mouse.wheel(0, 300);
    await page.waitForTimeout(60);
  }
}

async function jump() {
  await table.focus();
  await page.keyboard.press('End');
  await page.waitForTimeout(100);
  await page.keyboard.press('PageUp');
  await page.waitForTimeout(100);
  await page.keyboard.press('Home');
}

async function type_filter() {
  await search.click();
  await page.keyboard.type('an', { delay: 90 });
  await page.waitForTimeout(400);
  await page.keyboard.press('Backspace');
  await page.keyboard.press('Backspace');
}

async function pause_and_resume() {
  for (const words of ['Pause', 'Resume']) {
    const button = page.locator(`article [data-action="${words}"]`);
    if ((await button.count()) !== 0) {
      await button.click({ timeout: 5000 }).catch(() => {}); // it was sent meanwhile
      await page.waitForTimeout(200);
    }
  }
}

// There and back. The task may end at any moment, and is in the list no longer.
async function look_around(id) {
  await to_list();
  await page.waitForTimeout(200);
  const link = page.locator(`article[data-task="${id}"] header a`);
  await link.click({ timeout: 1000 }).catch(() => open(page, `#/tasks/${id}`));
  await page.locator('virtual-list [data-column]').first().waitFor();
}

async function work_until(ended, works) {
  const deadline = Date.now() + deadline_ms;
  for (let i = 0; !(await ended()); i += 1) {
    if (Date.now() > deadline) {
      throw new Error(`the send was not over within ${deadline_ms} ms`);
    }
    await works[i % works.length]();
  }
}

async function has_ended(id) {
  const state = await page.locator(`article[data-task="${id}"]`).getAttribute('data-state');
  return state === 'completed';
}

async function measure_round(kind, rate) {
  const id = await open_task(rate);
  const looks = [wheel, jump, type_filter, () => look_around(id)];
  const until = Date.now() + idle_ms;
  await measure(`${kind} idle`, id, () => work_until(() => Date.now() > until, looks));
  await measure(`${kind} sending`, id, async () => {
    await page.locator('article [data-action="Send now"]').click();
    await work_until(() => has_ended(id), rate === 0 ? looks : [...looks, pause_and_resume]);
    await page.waitForFunction(() => window.meter.is_over());
  });
}

try {
  for (let round = 0; round < world.rounds; round += 1) {
    await measure_round('fast', 0);
    await measure_round('paced', world.rate);
    if (page.complaints.length !== 0) {
      throw new Error(`the page complained: ${page.complaints.join('; ')}`);
    }
    console.log(JSON.stringify({ phase: 'heap', bytes: await heap() }));
  }
} finally {
  await close_browser();
}
