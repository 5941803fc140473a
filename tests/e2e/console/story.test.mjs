// The story of the console with a school behind it: S4 to S7, S10 and S11, in the order in which an
// administrator meets them. The devices are muster-loadgen's: they show what they are sent, and their
// users accept.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { after, before, test } from 'node:test';
import {
  ask_api,
  close_browser,
  leave,
  open,
  open_page,
  shoot,
  sign_in,
  world,
} from './browser.mjs';

let page;
const heading = (name) => page.getByRole('heading', { name, exact: true });
const button = (name) => page.getByRole('button', { name });
const send_button = () => button('Send invitation to users’ devices');
const dialog = () => page.getByRole('dialog');
const status = () => page.locator('.audience .status');
const group_hash = `#/groups/${world.group}`;
// The first number of a sentence: "1,204 invitations will be sent" → 1204.
const first_number = (text) => Number(text.match(/[\d,]+/)[0].replaceAll(',', ''));

// Asks until the answer will do.
async function eventually(what, ask) {
  const until = Date.now() + 60_000;
  for (;;) {
    const answer = await ask();
    if (answer) {
      return answer;
    }
    assert.ok(Date.now() < until, `${what} did not happen`);
    await new Promise((wake) => setTimeout(wake, 50));
  }
}

before(async () => {
  page = await open_page();
});
after(async () => {
  await leave(page);
  await close_browser();
});

test('a stranger meets the login, and a wrong password is told in words', async () => {
  await page.goto(world.url);
  await page.getByLabel('Name').fill(world.name);
  await page.getByLabel('Password').fill('not the password');
  await button('Sign in').click();
  await page.getByRole('alert').waitFor();
  assert.equal(await page.getByLabel('Password').inputValue(), '');
  await shoot(page, 'login');
});

test('the sidebar has Library and Activity, who is signed in, and the content token', async () => {
  await sign_in(page);
  const sections = page.getByRole('navigation', { name: 'Sections' });
  assert.deepEqual(await sections.getByRole('heading').allTextContents(), [
    'Library',
    'Activity',
  ]);
  const links = await sections.getByRole('link').allTextContents();
  assert.deepEqual(
    links.slice(0, 5).map((words) => words.replace(/\d+/, '').trim()),
    ['Devices', 'Users', 'Groups', 'Active Tasks', 'Completed Tasks'],
  );
  await sections.getByText(world.name, { exact: true }).waitFor();
  await sections.getByText('Connected', { exact: true }).waitFor();
  await sections.getByText(/days left/).waitFor();
});

test('S4: About, Managed Distribution, the check box, and Save only for a change', async () => {
  await page.getByRole('link', { name: 'Users' }).click();
  await page.getByRole('listbox', { name: 'Users' }).waitFor();
  await page.getByRole('searchbox').fill(world.single.full_name);
  await page.getByRole('option', { name: world.single.full_name }).first().click();
  await page.getByRole('heading', { name: world.single.full_name, level: 1 }).waitFor();
  const box = page.getByRole('checkbox', { name: 'Enable Managed Distribution Services' });
  const triangle = page.locator('details.managed');
  assert.equal(await triangle.getAttribute('open'), '');
  await page.locator('summary').press('Enter');
  assert.equal(await triangle.getAttribute('open'), null);
  await page.locator('summary').press('Enter');
  assert.equal(await box.isChecked(), true);
  assert.equal(await button('Save').isDisabled(), true);
  await box.uncheck();
  assert.equal(await button('Save').isEnabled(), true);
  await box.check();
  assert.equal(await button('Save').isDisabled(), true);
});

test('S4: leaving with an unsaved change asks first, and staying keeps it', async () => {
  const box = page.getByRole('checkbox', { name: 'Enable Managed Distribution Services' });
  await box.uncheck();
  await page.getByRole('link', { name: 'Groups' }).click();
  await dialog().getByRole('heading', { name: 'Leave without saving?' }).waitFor();
  assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Stay');
  await page.keyboard.press('Enter');
  assert.equal(await box.isChecked(), false);
  const sending = page.locator('.sending').getByRole('button').first();
  assert.equal(await sending.isDisabled(), true);
  await button('Save').click();
  await page
    .locator('.sending')
    .getByText('Managed Distribution is not enabled')
    .first()
    .waitFor();
  await box.check();
  await button('Save').click();
  await eventually('the button', () => sending.isEnabled());
  const user = await ask_api(page, 'GET', `users/${world.single.id}`);
  assert.equal(user.managed_distribution, 'on');
});

test('S5: one button a device; it is sent, shown, and its user enrols', async () => {
  await shoot(page, 'user');
  await button(`Send invitation to ${world.single.device}`).click();
  await page
    .locator('.one-invitation [role=status]')
    .getByText(/Sent|Shown|Enrolled/)
    .waitFor();
  await page.locator('.user-state').getByText('Enrolled', { exact: true }).waitFor();
});

test('what people typed is shown as text and never read as HTML', async () => {
  const name = '<img src=x onerror="document.title=1"> & <b>bold</b>';
  await ask_api(page, 'PATCH', `users/${world.hostile}`, { full_name: name });
  await open(page, `#/users/${world.hostile}`);
  await page.getByRole('heading', { name, level: 1 }).waitFor();
  await page.getByRole('searchbox').fill('<img');
  await page.getByRole('option', { name }).waitFor();
  assert.equal(await page.locator('img').count(), 0);
});

test('S6: the status text says how many invitations will be sent', async () => {
  await ask_api(page, 'PATCH', `users/${world.waverer}`, { managed_distribution: 'off' });
  const preview = await ask_api(page, 'POST', 'previews', { group: world.group });
  await open(page, group_hash);
  await heading(world.group_name).first().waitFor();
  await status()
    .getByText(/will be sent/)
    .waitFor();
  const said = await status().textContent();
  assert.equal(first_number(said), preview.pushes + preview.mails);
  assert.ok(preview.accounts > 0);
  assert.ok(said.includes(`${preview.accounts} people will be enrolled without an invitation.`));
  assert.equal(preview.users_not_invited, preview.users_not_enrolled);
  assert.equal(await page.getByRole('radio').count(), 0);
  await shoot(page, 'group');
});

test('S6: where the audiences differ there is a choice, and it changes the number', async () => {
  // Somebody is invited who cannot have accepted yet: his send waits for its time.
  const selector = { user: world.early, channels: 'push' };
  const preview = await ask_api(page, 'POST', 'previews', selector);
  const task = await ask_api(page, 'POST', 'tasks', {
    ...selector,
    preview: preview.id,
    invitations: preview.invitations,
    undo_seconds: 60,
  });
  await page.reload();
  const not_invited = page.getByRole('radio', { name: 'Users not previously invited' });
  await not_invited.waitFor();
  assert.equal(await not_invited.isChecked(), true);
  await status()
    .getByText(/will be sent/)
    .waitFor();
  const fewer = first_number(await status().textContent());
  await page.getByRole('radio', { name: 'Users that have not yet enrolled' }).check();
  await eventually(
    'the larger number',
    async () => first_number(await status().textContent()) === fewer + 1,
  );
  await shoot(page, 'audiences');
  await ask_api(page, 'POST', `tasks/${task.id}/cancel`);
  await page.reload();
  await status()
    .getByText(/will be sent/)
    .waitFor();
});

test('S6: who cannot be invited is listed with the reason, and downloadable', async () => {
  await button('show').click();
  const people = dialog().getByRole('grid', { name: 'People who cannot be invited' });
  await people
    .getByText(/Managed Distribution is off/)
    .first()
    .waitFor();
  await shoot(page, 'unreached');
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    dialog().getByRole('button', { name: 'Download CSV' }).click(),
  ]);
  const text = fs.readFileSync(await download.path(), 'utf8');
  assert.match(text, /Managed Distribution is off/);
  await page.keyboard.press('Escape');
  assert.equal(await page.evaluate(() => document.activeElement.textContent), 'show');
});

test('S7: Cancel has the first focus, and Escape sends nothing', async () => {
  await send_button().click();
  await dialog()
    .getByRole('heading', { name: /^Send [\d,]+ invitations? to / })
    .waitFor();
  assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Cancel');
  await shoot(page, 'confirmation');
  await page.keyboard.press('Escape');
  await dialog().waitFor({ state: 'detached' });
  const { tasks } = await ask_api(page, 'GET', 'tasks?state=active');
  assert.deepEqual(
    tasks.filter((task) => task.selector.group === world.group),
    [],
  );
});

test('S7: an audience that changed meanwhile is never sent: the new number is asked for', async () => {
  await send_button().click();
  const title = () => dialog().getByRole('heading', { level: 2 }).textContent();
  await dialog().waitFor();
  const before_change = first_number(await title());
  await ask_api(page, 'PATCH', `users/${world.waverer}`, { managed_distribution: 'on' });
  await dialog().getByRole('button', { name: 'Send' }).click();
  await dialog()
    .getByText(/The audience changed since you looked/)
    .waitFor();
  assert.equal(first_number(await title()), before_change + 1);
  await shoot(page, 'changed');
  await dialog().getByRole('button', { name: 'Cancel' }).click();
});

test('S7: Undo within ten seconds takes all of it back', async () => {
  await eventually('the preview', () => send_button().isEnabled());
  await send_button().click();
  await dialog().getByRole('button', { name: 'Send' }).click();
  await page.getByRole('region', { name: 'Undo' }).waitFor();
  assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Undo');
  await shoot(page, 'undo');
  await page.keyboard.press('Enter');
  const task = await eventually('the task’s end', async () => {
    const { tasks } = await ask_api(page, 'GET', 'tasks?state=completed');
    return tasks.find((each) => each.selector.group === world.group);
  });
  assert.equal(task.state, 'cancelled');
  assert.equal(task.sent, 0);
});

test('S7, S11: what is sent stands in Active Tasks with its count, and goes out', async () => {
  await eventually('the preview', () => send_button().isEnabled());
  await send_button().click();
  const amount = first_number(await dialog().getByRole('heading', { level: 2 }).textContent());
  await dialog().getByRole('button', { name: 'Send' }).click();
  await page.getByRole('region', { name: 'Undo' }).waitFor();
  await page
    .getByRole('link', { name: /Active Tasks/ })
    .first()
    .click();
  const card = page.getByRole('article').filter({ hasText: world.group_name });
  await card.waitFor();
  assert.match(await page.locator('.sidebar .count').textContent(), /^[1-9]/);
  assert.ok(first_number(await card.locator('p.quiet').first().textContent()) >= amount);
  await shoot(page, 'active');
  await card.getByRole('link').click();
  await page.getByRole('grid', { name: 'Invitations' }).waitFor();
});

test('S11: every invitation shows the user’s full name and the device’s name', async () => {
  const id = decodeURIComponent((await page.evaluate(() => location.hash)).split('/')[2]);
  const { rows } = await ask_api(page, 'GET', `tasks/${id}/invitations?limit=5`);
  const table = page.getByRole('grid', { name: 'Invitations' });
  for (const row of rows) {
    const shown = table.getByRole('row').filter({ hasText: row.user_full_name }).first();
    await shown.waitFor();
    if (row.device_name !== '') {
      await shown.getByText(row.device_name).waitFor();
    }
  }
  await eventually(
    'all enrolled',
    async () => (await ask_api(page, 'GET', `tasks/${id}`)).users_enrolled > 0,
  );
  await shoot(page, 'task');
  await page.getByLabel('Search').fill(rows[0].user_full_name);
  await table.getByRole('row').filter({ hasText: rows[0].user_full_name }).first().click();
  await dialog().getByRole('heading', { name: 'What happened' }).waitFor();
  assert.ok((await dialog().locator('.moments li').count()) >= 1);
  await shoot(page, 'timeline');
  await page.keyboard.press('Escape');
});

test('S10: when all have accepted, About says so', async () => {
  await open(page, group_hash);
  await page
    .getByText(/^Enrolled [\d,]+ of [\d,]+/)
    .first()
    .waitFor();
  await eventually('everybody’s enrolment', async () => {
    const words = await page.locator('.share p').first().textContent();
    const [enrolled, all] = words.match(/[\d,]+/g);
    return enrolled === all;
  });
  await status().getByText('No invitations will be sent.').waitFor();
  await page.getByLabel('Show').selectOption('enrolled');
  await page
    .getByRole('listbox', { name: /^Users of/ })
    .getByRole('option')
    .first()
    .waitFor();
  await shoot(page, 'enrolled');
});

test('a session that ended shows the login again, and says that nothing stops', async () => {
  await ask_api(page, 'DELETE', 'sessions/current');
  await open(page, '#/users');
  await page.getByText(/Your session has ended/).waitFor();
});
