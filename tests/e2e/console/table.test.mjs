// A large task in Active Tasks: any of its invitations is at hand, and the page stays small.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { after, before, test } from 'node:test';
import { ask_api, close_browser, leave, open_page, shoot, sign_in, world } from './browser.mjs';

let page;
const table = () => page.getByRole('grid', { name: 'Invitations' });
const cell = (row, column) => row.locator(`[data-column="${column}"]`);

before(async () => {
  page = await open_page();
  await sign_in(page, `#/tasks/${world.task}`);
  await table().getByRole('gridcell').first().waitFor();
});
after(async () => {
  await leave(page);
  await close_browser();
});

async function api_row(number) {
  const where = `tasks/${world.task}/invitations?after=${number}&limit=1`;
  return (await ask_api(page, 'GET', where)).rows[0];
}

test('the table says how many rows it has, and draws only those in sight', async () => {
  assert.equal(await table().getAttribute('aria-rowcount'), String(world.invitations + 1));
  assert.ok((await page.locator('virtual-list .row').count()) < 80);
});

test('End goes to the very last invitation', async () => {
  await table().focus();
  await page.keyboard.press('End');
  const last = await api_row(world.invitations - 1);
  const row = page.locator(`virtual-list [data-index="${world.invitations - 1}"]`);
  await cell(row, 'User').getByText(last.user_full_name).waitFor();
  assert.ok((await page.locator('virtual-list .row').count()) < 80);
  const box = await row.boundingBox();
  const view = await table().boundingBox();
  assert.ok(box.y >= view.y && box.y + box.height <= view.y + view.height + 1);
  await shoot(page, 'table-end');
});

test('the scroll bar leads to the middle at once', async () => {
  await table().evaluate((node) => {
    node.scrollTop = node.scrollHeight / 2;
  });
  const middle = page.locator('virtual-list .row[data-index]');
  await page.waitForFunction((half) => {
    const rows = [...document.querySelectorAll('virtual-list .row[data-index]')];
    const near = rows.filter((row) => Math.abs(Number(row.dataset.index) - half) < half / 10);
    return near.length > 5 && near.every((row) => row.querySelector('[data-column]'));
  }, world.invitations / 2);
  const index = Number(await middle.nth(10).getAttribute('data-index'));
  assert.equal(
    await cell(middle.nth(10), 'User').textContent(),
    (await api_row(index)).user_full_name,
  );
});

test('a state filters, and the search finds one among all', async () => {
  const wanted = await api_row(world.invitations - 7);
  await page.getByLabel('Search').fill(wanted.user_full_name);
  await cell(table().getByRole('row'), 'User').getByText(wanted.user_full_name).first().waitFor();
  await page.getByLabel('Search').fill('');
  await page.getByLabel('State').selectOption('failed');
  await table().getByText('No invitation fits.').waitFor();
  await page.getByLabel('State').selectOption('');
});

test('the CSV has a line for each', async () => {
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Download CSV' }).click(),
  ]);
  const lines = fs
    .readFileSync(await download.path(), 'utf8')
    .trim()
    .split('\n');
  assert.match(
    lines[0],
    /^invitation,user_id,user_full_name,device_id,device_name,channel,state/,
  );
  assert.equal(lines.length, world.invitations + 1);
});
