// Debian's chromium, driven by playwright-core, in front of a console that a test has started.
//
// MUSTER_CONSOLE names a JSON file: {url, name, password, …}; MUSTER_NPM the folder npm installed
// into; MUSTER_SHOTS the folder for pictures of what was seen. Whatever the page logs as an error
// (a breach of the content security policy is one) fails the test that saw it.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

const require = createRequire(path.join(process.env.MUSTER_NPM, 'package.json'));
const { chromium } = require('playwright-core');
const axe = fs.readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

export const world = JSON.parse(fs.readFileSync(process.env.MUSTER_CONSOLE, 'utf8'));
const deadline_ms = 60_000;

const browser = await chromium.launch({
  executablePath: process.env.MUSTER_CHROMIUM,
  chromiumSandbox: false,
});

export const close_browser = () => browser.close();

// A page of its own session. `complaints` is what the browser's console said.
export async function open_page({ width = 1280, dark = false, still = false } = {}) {
  const context = await browser.newContext({
    viewport: { width, height: 800 },
    colorScheme: dark ? 'dark' : 'light',
    reducedMotion: still ? 'reduce' : 'no-preference',
    locale: 'en-US',
    acceptDownloads: true,
  });
  const page = await context.newPage();
  page.setDefaultTimeout(Number(process.env.MUSTER_PATIENCE_MS ?? deadline_ms));
  page.complaints = [];
  page.on('pageerror', (error) => page.complaints.push(error.stack));
  page.on('console', (message) => {
    // An answer that the page expects (409, 401) is logged by the browser as well.
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) {
      page.complaints.push(message.text());
    }
  });
  return page;
}

export async function sign_in(page, hash = '') {
  await page.goto(`${world.url}/${hash}`);
  await page.getByLabel('Name').fill(world.name);
  await page.getByLabel('Password').fill(world.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('navigation', { name: 'Sections' }).waitFor({ state: 'attached' });
}

// Nothing was complained about; the page is closed.
export async function leave(page) {
  const { complaints } = page;
  await page.context().close();
  assert.deepEqual(complaints, []);
}

export async function open(page, hash) {
  await page.evaluate((wanted) => {
    location.hash = wanted;
  }, hash);
}

// axe-core finds nothing to say about what is seen.
export async function check_access(page, what) {
  // Into the page's own world by the debugger: its content security policy stays in force.
  await page.evaluate(axe);
  const found = await page.evaluate(async () => {
    const { violations } = await window.axe.run();
    return violations.flatMap(({ id, nodes }) =>
      nodes.map(({ target, failureSummary }) => `${id}: ${target}: ${failureSummary}`),
    );
  });
  assert.deepEqual(found, [], what);
}

export async function shoot(page, name) {
  fs.mkdirSync(process.env.MUSTER_SHOTS, { recursive: true });
  await page.screenshot({ path: path.join(process.env.MUSTER_SHOTS, `${name}.png`) });
}

// The API as the signed-in page would ask it.
export function ask_api(page, method, where, body) {
  return page.evaluate(
    async ([verb, url, content]) => {
      const session = await (await fetch('/api/v1/sessions/current')).json();
      const answer = await fetch(url, {
        method: verb,
        headers: { 'Content-Type': 'application/json', 'X-CSRF-Token': session.csrf_token },
        body: content === undefined ? undefined : JSON.stringify(content),
      });
      return answer.status === 204 ? null : answer.json();
    },
    [method, `/api/v1/${where}`, body],
  );
}
