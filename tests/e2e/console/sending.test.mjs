// A page that looks on while a large send goes on. Counted, not timed: how often it draws, how often it
// asks the server, and that what it says only ever moves on.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ask_api, close_browser, leave, open, open_page, sign_in, world } from './browser.mjs';

// The chart asks every two seconds and the table for the blocks in sight, at most two of them.
const requests_a_second_max = 2;
const updates_a_second_max = 5;

let page;

before(async () => {
  page = await open_page();
  await sign_in(page);
});
after(async () => {
  await leave(page);
  await close_browser();
});

async function waiting_task() {
  const selector = { group: 'all', audience: 'not-enrolled', channels: 'push' };
  const preview = await ask_api(page, 'POST', 'previews', selector);
  const task = await ask_api(page, 'POST', 'tasks', {
    ...selector,
    preview: preview.id,
    invitations: preview.invitations,
    start_at: new Date(Date.now() + 3_600_000).toISOString(),
    rate: Math.ceil(preview.invitations / world.seconds),
  });
  assert.equal(task.invitations, world.devices);
  return task.id;
}

// Presses "Send now" and counts until the bar says that nothing waits.
async function look_on(id) {
  await page.evaluate(async (task) => {
    const { feed } = await import('/events.js');
    const bar_class = customElements.get('stacked-bar');
    const show = bar_class.prototype.show;
    const seen = { updates: 0, drawn: 0, requests: 0, waiting: [], rows_max: 0, began: 0 };
    bar_class.prototype.show = function counted(parts) {
      seen.drawn += 1;
      seen.waiting.push(parts.find(({ name }) => name === 'waiting').value);
      show.call(this, parts);
    };
    feed.addEventListener('tasks', ({ detail }) => {
      seen.updates += detail.some((each) => each.id === task);
      const rows = document.querySelectorAll('virtual-list .row').length;
      seen.rows_max = Math.max(seen.rows_max, rows);
    });
    new PerformanceObserver((list) => {
      seen.requests += list
        .getEntries()
        .filter((entry) => entry.initiatorType === 'fetch').length;
    }).observe({ type: 'resource' });
    seen.began = performance.now();
    window.seen = seen;
  }, id);
  await page.locator('article [data-action="Send now"]').click();
  await page.waitForFunction(() => window.seen.waiting.at(-1) === 0);
  return page.evaluate(() => ({
    ...window.seen,
    seconds: (performance.now() - window.seen.began) / 1000,
  }));
}

test('a send is drawn once an update, told forward only, and asked about seldom', async () => {
  const id = await waiting_task();
  await open(page, `#/tasks/${id}`);
  await page.locator('virtual-list [data-column]').first().waitFor();
  const seen = await look_on(id);
  const story = JSON.stringify(seen);
  assert.ok(seen.updates >= 5, story);
  assert.ok(seen.updates <= updates_a_second_max * (seen.seconds + 1), story);
  // Two more: the button's own answer, and the end report.
  assert.ok(seen.drawn <= seen.updates + 2, story);
  assert.deepEqual(
    seen.waiting,
    seen.waiting.toSorted((a, b) => b - a),
  );
  assert.ok(seen.rows_max < 80, story);
  // Three more: the button, and what is read when the task has ended.
  assert.ok(seen.requests <= requests_a_second_max * (seen.seconds + 1) + 3, story);
});

test('updates that come at once make one drawing', async () => {
  const id = await waiting_task();
  await open(page, `#/tasks/${id}`);
  await page.locator('virtual-list [data-column]').first().waitFor();
  const drawn = await page.evaluate(async (task) => {
    const { active_tasks } = await import('/tasks.js');
    const { feed } = await import('/events.js');
    const { invitations: total } = active_tasks.get(task);
    const frame = () => new Promise((wake) => requestAnimationFrame(wake));
    await frame();
    window.seen.drawn = 0;
    for (let sent = 1; sent <= 10; sent += 1) {
      const detail = [{ id: task, state: 'running', total, sent, failed: 0 }];
      feed.dispatchEvent(new CustomEvent('tasks', { detail }));
    }
    await frame();
    return { times: window.seen.drawn, waiting: window.seen.waiting.at(-1), total };
  }, id);
  assert.deepEqual(drawn, { times: 1, waiting: drawn.total - 10, total: drawn.total });
  await ask_api(page, 'POST', `tasks/${id}/cancel`);
});
