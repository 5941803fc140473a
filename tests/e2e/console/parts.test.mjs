// The page's parts that need no server behind them, tried in the browser that runs them.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { close_browser, leave, open_page, world } from './browser.mjs';

let page;

before(async () => {
  page = await open_page();
  await page.goto(world.url);
  await page.getByLabel('Name').waitFor();
});
after(async () => {
  await leave(page);
  await close_browser();
});

test('rows read by cursor join on, and those out of sight are given back', async () => {
  const seen = await page.evaluate(async () => {
    const { CursorRows } = await import('/parts/cursor_rows.js');
    const total = 5000;
    const asked = [];
    const rows = new CursorRows(async (after, limit) => {
      asked.push(after);
      const last = Math.min(after + limit, total);
      const block = Array.from({ length: last - after }, (_, i) => `row ${after + i}`);
      return { rows: block, next: last, more: last < total };
    });
    const settled = () => new Promise((wake) => setTimeout(wake));
    while (!rows.complete) {
      rows.want(rows.length - 1, rows.length - 1);
      await settled();
    }
    const given_back = rows.at(0);
    rows.want(0, 10);
    await settled();
    return {
      length: rows.length,
      given_back,
      again: rows.at(0),
      last: asked.at(-1),
      asked: asked.length,
    };
  });
  assert.deepEqual(seen, {
    length: 5000,
    given_back: undefined,
    again: 'row 0',
    last: 0,
    asked: 51,
  });
});

test('a list whose rows came and went is read anew behind the change', async () => {
  const seen = await page.evaluate(async () => {
    const { CursorRows } = await import('/parts/cursor_rows.js');
    let data = Array.from({ length: 250 }, (_, i) => i);
    const rows = new CursorRows(async (after, limit) => {
      const block = data.filter((each) => each >= after).slice(0, limit);
      const next = (block.at(-1) ?? after) + 1;
      return { rows: block, next, more: data.some((each) => each >= next) };
    });
    const settle = async (first, last) => {
      for (let i = 0; i < 6; i += 1) {
        rows.want(first, last);
        await new Promise((wake) => setTimeout(wake));
      }
    };
    await settle(0, 300);
    const before_change = rows.length;
    data = data.filter((each) => each !== 5 && each !== 150);
    rows.refresh();
    const kept = rows.at(5);
    await settle(0, 300);
    const all = Array.from({ length: rows.length }, (_, i) => rows.at(i));
    return { before_change, kept, all: all.join() === data.join() };
  });
  assert.deepEqual(seen, { before_change: 250, kept: 5, all: true });
});

test('rows asked for by number need nothing before them, and a missing one sleeps', async () => {
  const seen = await page.evaluate(async () => {
    const { NumberedRows } = await import('/parts/numbered_rows.js');
    const asked = [];
    const rows = new NumberedRows(async (after) => {
      asked.push(after);
      return { rows: [{ invitation: after }, { invitation: after + 2 }], next: after + 3, more: true };
    }, 1_000_000);
    rows.want(700_000, 700_020);
    await new Promise((wake) => setTimeout(wake));
    return { asked, at: [0, 1, 2].map((i) => rows.at(700_000 + i)) };
  });
  assert.deepEqual(seen, {
    asked: [700_000],
    at: [{ invitation: 700_000 }, null, { invitation: 700_002 }],
  });
});

// A list of a million rows on the page, as `window.million`.
async function show_million() {
  await page.evaluate(async () => {
    const { NumberedRows } = await import('/parts/numbered_rows.js');
    const { VirtualList } = await import('/parts/virtual_list.js');
    const read = async (after, limit) => ({
      rows: Array.from({ length: limit }, (_, i) => ({ invitation: after + i, changed: false })),
    });
    const list = VirtualList.of({
      label: 'A million',
      columns: ['Number'],
      empty: 'Nothing.',
      draw: (row) => `row ${row.invitation}`,
    });
    list.style.height = '600px';
    list.rows = new NumberedRows(read, 1_000_000);
    document.body.append(list);
    window.million = list;
  });
  await page.locator('virtual-list').getByText('row 0', { exact: true }).waitFor();
}

test('of a million rows those in sight are elements, wherever one looks', async () => {
  await show_million();
  const most = [];
  for (const part of [0, 0.5, 1]) {
    const first = Math.floor(part * 999_000);
    await page.evaluate((share) => {
      window.million.scrollTop = share * window.million.scrollHeight;
    }, part);
    await page.waitForFunction((from) => {
      const shown = [...window.million.querySelectorAll('[data-index]')];
      const read = shown.every((row) => row.textContent === `row ${row.dataset.index}`);
      return read && Number(shown.at(-1)?.dataset.index) >= from;
    }, first);
    most.push(await page.locator('virtual-list *').count());
  }
  assert.ok(Math.max(...most) < 60, most.join());
  await page.evaluate(() => window.million.remove());
});

test('a look at other rows of a list lays the page out once, not once a row', async () => {
  await show_million();
  const debug = await page.context().newCDPSession(page);
  await debug.send('Performance.enable');
  const layouts = async () => {
    const { metrics } = await debug.send('Performance.getMetrics');
    return metrics.find(({ name }) => name === 'LayoutCount').value;
  };
  const jump = () =>
    page.evaluate(async () => {
      const frame = () => new Promise((wake) => requestAnimationFrame(() => setTimeout(wake)));
      window.million.scrollTop += 2000;
      await frame();
      await frame();
    });
  await jump();
  const before = await layouts();
  await jump();
  const made = (await layouts()) - before;
  await page.evaluate(() => window.million.remove());
  // One to know where it is scrolled to, one to paint; the answer of the server makes as many again.
  assert.ok(made <= 6, `${made} layouts`);
});

test('rows that are read again and are the same stay the elements they were', async () => {
  const seen = await page.evaluate(async () => {
    const { NumberedRows } = await import('/parts/numbered_rows.js');
    const { CursorRows } = await import('/parts/cursor_rows.js');
    const settled = () => new Promise((wake) => setTimeout(wake));
    const kept = [];
    for (const make of [(read) => new NumberedRows(read, 2), (read) => new CursorRows(read)]) {
      let state = 'queued';
      const rows = make(async () => ({
        rows: [
          { invitation: 0, state },
          { invitation: 1, state: 'sent' },
        ],
        next: 2,
        more: false,
      }));
      rows.want(0, 1);
      await settled();
      const before = [rows.at(0), rows.at(1)];
      state = 'sent';
      rows.refresh();
      rows.want(0, 1);
      await settled();
      kept.push(rows.at(0) === before[0], rows.at(0).state, rows.at(1) === before[1]);
    }
    return kept;
  });
  assert.deepEqual(seen, [false, 'sent', true, false, 'sent', true]);
});

test('work for a frame is done once, however often it is asked for, and not for who has left', async () => {
  const done = await page.evaluate(async () => {
    const { once_a_frame } = await import('/parts/pacing.js');
    const life = new AbortController();
    const frame = () => new Promise((wake) => requestAnimationFrame(wake));
    let count = 0;
    const ask = once_a_frame(() => {
      count += 1;
    }, life.signal);
    ask();
    ask();
    const counts = [count];
    await frame();
    counts.push(count);
    ask();
    life.abort();
    await frame();
    return [...counts, count];
  });
  assert.deepEqual(done, [0, 1, 1]);
});

test('events of a task that is not known yet ask for it one question at a time', async () => {
  const asked = await page.evaluate(async () => {
    const { feed } = await import('/events.js');
    const { active_tasks } = await import('/tasks.js');
    const fetch_truly = window.fetch;
    const answers = [];
    window.fetch = () => new Promise((answer) => answers.push(answer));
    const taken = () =>
      new Promise((wake) => {
        active_tasks.addEventListener('change', () => setTimeout(wake), { once: true });
      });
    for (let i = 0; i < 5; i += 1) {
      const detail = [{ id: 'new', state: 'running', total: 9, failed: 0 }];
      feed.dispatchEvent(new CustomEvent('tasks', { detail }));
    }
    const counts = [answers.length];
    for (let i = 0; i < 2; i += 1) {
      const known = taken();
      answers.at(-1)(Response.json({ tasks: [] }));
      await known;
      counts.push(answers.length);
    }
    window.fetch = fetch_truly;
    return counts;
  });
  assert.deepEqual(asked, [1, 2, 2]);
});

test('a read that lags behind the events takes nothing back of what was sent', async () => {
  const sent = await page.evaluate(async () => {
    const { feed } = await import('/events.js');
    const { active_tasks } = await import('/tasks.js');
    const read = { id: 'sending', state: 'running', invitations: 100, sent: 10, failed: 0 };
    const tell = (figure) => {
      const detail = [{ id: 'sending', state: 'running', total: 100, sent: figure, failed: 0 }];
      feed.dispatchEvent(new CustomEvent('tasks', { detail }));
    };
    const seen = [];
    const look = () => seen.push(active_tasks.get('sending').sent);
    active_tasks.learn(read);
    look();
    tell(50);
    look();
    active_tasks.learn({ ...read, sent: 40, state: 'paused' });
    look();
    tell(45); // a letter came back: events are right
    look();
    active_tasks.learn({ ...read, state: 'completed' });
    return seen;
  });
  assert.deepEqual(sent, [10, 50, 50, 45]);
});

test('a block that could not be read is told of, and read when it is wanted again', async () => {
  const seen = await page.evaluate(async () => {
    const { CursorRows } = await import('/parts/cursor_rows.js');
    let broken = true;
    const rows = new CursorRows(async () => {
      if (broken) {
        throw new Error('away');
      }
      return { rows: ['here'], next: 1, more: false };
    });
    let told = '';
    rows.addEventListener('trouble', (event) => {
      told = event.detail.message;
    });
    rows.want(0, 0);
    await new Promise((wake) => setTimeout(wake));
    broken = false;
    rows.want(0, 0);
    await new Promise((wake) => setTimeout(wake));
    return { told, row: rows.at(0) };
  });
  assert.deepEqual(seen, { told: 'away', row: 'here' });
});

test('times, rates and shares are said as a person says them', async () => {
  const said = await page.evaluate(async () => {
    const format = await import('/format.js');
    const now = Date.UTC(2026, 10, 23, 12);
    return [
      format.duration(2),
      format.duration(61),
      format.duration(600),
      format.duration(7800),
      format.duration(260_000),
      format.rate(8321.5),
      format.rate(0.2),
      format.share(862, 1235),
      format.count(1, 'person', 'people'),
      format.time_from_now(now - 2000, now),
      format.time_from_now(now + 3 * 86_400_000, now),
    ];
  });
  assert.deepEqual(said, [
    'a few seconds',
    '61 seconds',
    '10 minutes',
    '2 hours 10 minutes',
    '3 days',
    '8,322 a second',
    '12 a minute',
    '70%',
    '1 person',
    '2 seconds ago',
    'in 3 days',
  ]);
});

test('the sentences of a preview are the ones an administrator is promised', async () => {
  const said = await page.evaluate(async () => {
    const words = await import('/words.js');
    const preview = { pushes: 1150, mails: 54, accounts: 31, fallbacks: 0 };
    const nobody = { pushes: 0, mails: 0, accounts: 0, fallbacks: 0 };
    const sentences = words.preview_sentences(preview).join(' ');
    return [sentences, words.preview_sentences(nobody).join(' '), words.amount(preview)];
  });
  assert.deepEqual(said, [
    '1,204 invitations will be sent: 1,150 to devices, 54 by mail. ' +
      '31 people will be enrolled without an invitation.',
    'No invitations will be sent.',
    '1,204 invitations',
  ]);
});

test('a user’s state is said in words, and a reason never as a code name', async () => {
  const said = await page.evaluate(async () => {
    const { user_state, reason } = await import('/words.js');
    const user = { enrolled: false, invited: false, enabled: true };
    const none = { accounts: 0, unreached: [] };
    return [
      user_state({ ...user, enrolled: true, invited: true }, null),
      user_state({ ...user, invited: true }, none),
      user_state(user, { accounts: 1, unreached: [] }),
      user_state(user, { accounts: 0, unreached: [{ reason: 'no device', users: 1 }] }),
      user_state(user, none),
      reason('BadDeviceToken'),
      reason('Gone', [{ reason: 'Gone', words: 'the device is gone' }]),
    ];
  });
  assert.deepEqual(said, [
    'Enrolled',
    'Invited, not enrolled yet',
    'Associated without invitation (Managed Apple Account)',
    'Not possible: no device',
    'Not invited',
    'bad device token',
    'the device is gone',
  ]);
});

test('the parts of a bar sum up to all invitations, whatever the figures', async () => {
  const sums = await page.evaluate(async () => {
    const { task_parts } = await import('/parts/task_bar.js');
    const task = {
      invitations: 100,
      sent: 60,
      failed: 5,
      unreachable: 3,
      cancelled: 1,
      expired: 1,
      superseded: 2,
      shown: 40,
      users: 90,
      users_enrolled: 70,
    };
    const sum = (given) => task_parts(given).reduce((all, part) => all + part.value, 0);
    return [sum(task), sum({ ...task, users: 0 }), sum({ ...task, ended_badly: 20 })];
  });
  assert.deepEqual(sums, [100, 100, 100]);
});
