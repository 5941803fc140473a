// The console for people who see little or nothing, use no mouse, or hold a phone: axe-core finds
// nothing on any view, light and dark, wide and narrow; the keyboard reaches what matters.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import {
  ask_api,
  check_access,
  close_browser,
  leave,
  open,
  open_page,
  shoot,
  sign_in,
  world,
} from './browser.mjs';

after(close_browser);

const looks = [
  { name: 'light', width: 1280, dark: false },
  { name: 'dark', width: 1280, dark: true },
  { name: 'phone', width: 390, dark: false },
  { name: 'phone-dark', width: 390, dark: true },
];
const views = {
  root: ['#/', '.cards'],
  users: ['#/users', '[role=option]'],
  user: [`#/users/${world.single.id}`, '.managed'],
  devices: ['#/devices', '[role=option]'],
  group: [`#/groups/${world.group}`, '.audience .status p:not(.waiting)'],
  nested: [`#/groups/${world.group}/nested`, '.detail h2'],
  active: ['#/active', '.cards'],
  completed: ['#/completed', '.cards'],
  task: [`#/tasks/${world.task}`, '[role=gridcell]'],
  'content-tokens': ['#/content-tokens', 'article.card'],
  tokens: ['#/tokens', 'form.card'],
  audit: ['#/audit', '[role=gridcell]'],
};

for (const look of looks) {
  test(`axe-core finds nothing: ${look.name}`, async () => {
    const page = await open_page({ ...look, still: true });
    await page.goto(world.url);
    await page.getByLabel('Name').waitFor();
    await check_access(page, 'login');
    await sign_in(page);
    for (const [name, [hash, sign]] of Object.entries(views)) {
      await open(page, hash);
      await page.locator(sign).first().waitFor();
      await check_access(page, name);
      await shoot(page, `${name}-${look.name}`);
    }
    await leave(page);
  });
}

test('axe-core finds nothing in the confirmation', async () => {
  const page = await open_page({ still: true });
  await sign_in(page, `#/groups/${world.group}`);
  await page.getByRole('radio', { name: 'Users that have not yet enrolled' }).check();
  await page.getByRole('button', { name: 'Send invitation to users’ devices' }).click();
  await page.getByRole('dialog').waitFor();
  await check_access(page, 'confirmation');
  await leave(page);
});

test('a list is walked through by arrow keys and opened by Enter', async () => {
  const page = await open_page();
  await sign_in(page, '#/users');
  const list = page.getByRole('listbox', { name: 'Users' });
  await list.getByRole('option').nth(3).waitFor();
  await page.getByRole('searchbox').focus();
  await page.keyboard.press('Tab');
  const active = () =>
    list.evaluate((node) =>
      Number(document.getElementById(node.getAttribute('aria-activedescendant')).ariaPosInSet),
    );
  assert.equal(await active(), 1);
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  assert.equal(await active(), 3);
  await page.keyboard.press('Home');
  assert.equal(await active(), 1);
  await page.keyboard.press('PageDown');
  assert.ok((await active()) > 3);
  const name = await list.locator('.active .name').textContent();
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name, level: 1, exact: true }).waitFor();
  assert.equal(await page.evaluate(() => document.activeElement.localName), 'virtual-list');
  await leave(page);
});

test('the focus is seen on everything that Tab reaches', async () => {
  const page = await open_page();
  await sign_in(page, `#/users/${world.single.id}`);
  await page.locator('.managed').waitFor();
  const seen = new Set();
  for (let i = 0; i < 40; i += 1) {
    await page.keyboard.press('Tab');
    const here = await page.evaluate(() => {
      const { outlineStyle, outlineWidth } = getComputedStyle(document.activeElement);
      const { localName, textContent } = document.activeElement;
      return { name: `${localName} ${textContent.slice(0, 40)}`, outlineStyle, outlineWidth };
    });
    if (!here.name.startsWith('body')) {
      assert.notEqual(here.outlineStyle, 'none', here.name);
      assert.ok(parseFloat(here.outlineWidth) >= 2, here.name);
      seen.add(here.name.split(' ')[0]);
    }
  }
  for (const name of ['a', 'button', 'input', 'summary', 'virtual-list']) {
    assert.ok(seen.has(name), `Tab reaches no ${name}`);
  }
  await leave(page);
});

test('on a phone there is one column at a time, and a way back', async () => {
  const page = await open_page({ width: 390 });
  await sign_in(page);
  await page.getByRole('link', { name: 'Groups' }).click();
  const list = page.getByRole('listbox', { name: 'Groups' });
  await list.getByRole('option').first().click();
  await page.locator('.managed').waitFor();
  assert.equal(await list.isVisible(), false);
  const wider = await page.evaluate(
    () => document.documentElement.scrollWidth > document.documentElement.clientWidth,
  );
  assert.equal(wider, false);
  await page.getByRole('button', { name: 'Back' }).click();
  await list.waitFor();
  await page.getByRole('button', { name: 'Back' }).click();
  await page.getByRole('link', { name: 'Groups' }).waitFor();
  await leave(page);
});

test('nothing moves for who asked for that', async () => {
  const page = await open_page({ still: true });
  await sign_in(page, '#/groups');
  await page.getByRole('option').first().waitFor();
  const moving = await page.evaluate(
    () =>
      [...document.querySelectorAll('*')].filter((node) => {
        const { transitionDuration, animationName } = getComputedStyle(node);
        return transitionDuration !== '0s' || animationName !== 'none';
      }).length,
  );
  assert.equal(moving, 0);
  await leave(page);
});

test('who may only look sees why nothing can be sent', async () => {
  const page = await open_page();
  await sign_in(page);
  await page.route('**/api/v1/sessions/current', async (route) => {
    const answer = await route.fetch();
    await route.fulfill({ response: answer, json: { ...(await answer.json()), scope: 'read' } });
  });
  await open(page, `#/groups/${world.group}`);
  await page.reload();
  await page.getByText('Your account may look, not send').waitFor();
  const send = page.getByRole('button', { name: 'Send invitation to users’ devices' });
  assert.equal(await send.isDisabled(), true);
  assert.equal(await page.getByRole('link', { name: 'API tokens' }).count(), 0);
  await leave(page);
});

test('a token is made, shown once, and revoked', async () => {
  const page = await open_page();
  await sign_in(page, '#/tokens');
  const form = page.locator('form.card');
  await form.getByLabel('Name').fill('nightly');
  await form.getByRole('button', { name: 'Make' }).click();
  const secret = await page.getByRole('dialog').getByLabel('Token').inputValue();
  assert.match(secret, /^mst_/);
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Revoke nightly' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click();
  await page.getByRole('button', { name: 'Revoke nightly' }).waitFor({ state: 'detached' });
  assert.equal((await page.content()).includes(secret), false);
  await open(page, '#/audit');
  await page.getByRole('gridcell', { name: /token/ }).first().waitFor();
  await leave(page);
});

test('a file that is no content token is refused in words', async () => {
  const page = await open_page();
  await sign_in(page, '#/content-tokens');
  await page.getByLabel('or its text').fill('bm90IGEgdG9rZW4=');
  await page.getByRole('button', { name: 'Install' }).click();
  await page.getByRole('alert').waitFor();
  const { rows } = await ask_api(page, 'GET', 'locations');
  assert.ok(rows.length >= 1);
  await leave(page);
});
