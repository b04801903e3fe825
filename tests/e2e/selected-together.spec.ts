/** Changes of several conversations at once, while colleagues and customers go on. */
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { describeInBrowser, eventually } from './support/browser.ts';
import type { Desk } from './support/desk.ts';
import { openDesk, startProduct, type Product } from './support/product.ts';
import { fillList, leaveSelection, outcome, select } from './support/selecting.ts';

const NAMES = ['Eve Elm', 'Dan Dale', 'Cid Castle', 'Bea Bridge'] as const;

describeInBrowser('several conversations that others are at, too,', (browser) => {
  let product: Product;
  let lead: Desk;
  let ana: Desk;

  beforeAll(async () => {
    product = await startProduct();
    [lead, ana] = await Promise.all([openDesk(browser(), product, 'lead'), openDesk(browser(), product, 'ana')]);
    await fillList(product, [lead, ana], NAMES);
  });

  // Each begins and ends with four open conversations of nobody.
  beforeEach(async () => {
    for (const desk of [lead, ana]) await leaveSelection(desk);
  });

  afterAll(async () => {
    await Promise.all([lead.close(), ana.close()]);
    await product.stop();
  });

  it('are changed as far as colleagues let them, and it is said which were not, and why', async () => {
    await select(lead, 'Eve Elm', 'Dan Dale', 'Cid Castle');
    await lead.goOffline();
    await lead.get('checked-assign').click();
    await lead.page.getByRole('menuitem', { name: 'Bruno Keller' }).click();
    await eventually(() => lead.get('batch-running').textContent()).toContain('0 of 3');
    await eventually(() => lead.get('batch-running').textContent()).toContain('when the connection is back');
    await ana.openThread('Dan Dale');
    await ana.get('assign-me').click();
    await eventually(() => ana.count('mine')).toBe(1);
    await lead.comeBack();
    await outcome(lead, 'Assign to Bruno Keller: 2 done, 1 was refused. Changed by a colleague meanwhile.');
    await lead.get('batch-which').click();
    await eventually(() => lead.get('batch-refused').allTextContents()).toEqual(['Dan DaleAna Prado has it now.']);
    await lead.get('batch-refused').getByRole('button').click();
    await eventually(() => lead.page.locator('main h2').textContent()).toBe('Dan Dale');
    await lead.page.getByRole('button', { name: 'Assign anyway' }).click();
    await outcome(lead, 'Assign to Bruno Keller: 3 done.');
    await eventually(() => ana.count('mine')).toBe(0);
    await lead.page.keyboard.press('Escape');
    await select(lead, 'Eve Elm', 'Dan Dale', 'Cid Castle');
    await lead.get('checked-assign').click();
    await lead.get('checked-assign-none').click();
    await outcome(lead, 'Assign to nobody: 3 done.');
  });

  it('are changed again before the first change is done; what has not begun can be stopped', async () => {
    await select(lead, 'Eve Elm', 'Dan Dale', 'Cid Castle');
    await lead.goOffline();
    await lead.get('checked-assign').click();
    await lead.get('checked-assign-me').click();
    await lead.get('checked-status').click();
    await lead.get('checked-pending').click();
    await eventually(() => lead.get('batch-running').allTextContents()).toEqual([
      expect.stringContaining('Assign to me: 0 of 3'),
      expect.stringContaining('Pending: 0 of 3'),
    ]);
    await lead.page.getByRole('button', { name: 'Stop: Pending' }).press('Enter');
    await outcome(lead, 'Pending: 0 done, 3 not begun.');
    await eventually(() => lead.page.evaluate('document.activeElement.dataset.testid')).toBe('thread-list');
    await lead.comeBack();
    await eventually(() => lead.get('batch-outcome').allTextContents()).toEqual([
      expect.stringContaining('Assign to me: 3 done.'),
      expect.stringContaining('Pending: 0 done, 3 not begun.'),
    ]);
    await eventually(() => lead.count('mine')).toBe(3);
    expect(await ana.page.locator('[data-status=pending]').count()).toBe(0);
    await lead.get('checked-assign').click();
    await lead.get('checked-assign-none').click();
    await outcome(lead, 'Assign to nobody: 3 done.');
    await lead.page.keyboard.press('Escape');
  });

  it('stay unread when they are marked so, though one of them is open at both', async () => {
    for (const desk of [ana, lead]) await desk.openThread('Cid Castle');
    for (const desk of [ana, lead])
      await eventually(() => desk.row('Cid Castle').getByTestId('unread').count()).toBe(0);
    await select(lead, 'Cid Castle', 'Bea Bridge');
    // What asks closes with whatever else is done.
    await lead.get('checked-assign').click();
    await lead.get('checked-unread').click();
    expect(await lead.page.getByRole('menu').count()).toBe(0);
    await outcome(lead, 'Mark as unread: 2 done.');
    // Whoever marks it leaves it.
    await eventually(() => lead.page.locator('main h2').textContent()).toBe('Choose a conversation');
    // Another one is read by itself, and would have been later.
    await ana.page.getByTestId('timeline').waitFor();
    await lead.openThread('Eve Elm');
    for (const desk of [ana, lead]) {
      await eventually(() => desk.row('Eve Elm').getByTestId('unread').count()).toBe(0);
      expect(await desk.row('Cid Castle').getByTestId('unread').textContent()).toBe('1');
    }
    for (const desk of [ana, lead]) await desk.page.keyboard.press('Escape');
    await lead.page.keyboard.press('Escape');
  });

  it('are not resolved or snoozed where the customer has written since, unless the person says so again', async () => {
    const [quiet, busy] = [product.customer('Quin Quiet'), product.customer('Bo Busy')];
    for (const customer of [quiet, busy]) {
      await customer.writes('That is all, thank you');
      await lead.lists(customer.name);
    }
    await select(lead, quiet.name, busy.name);
    await lead.goOffline();
    await lead.get('checked-resolve').click();
    await eventually(() => lead.get('batch-running').textContent()).toContain('0 of 2');
    await busy.writes('One more thing');
    await ana.row(busy.name).getByText('One more thing').waitFor();
    await lead.comeBack();
    await outcome(lead, 'Resolve: 1 done, 1 was refused. The customer has written since.');
    await eventually(() => ana.names()).not.toContain(quiet.name);
    expect(await ana.names()).toContain(busy.name);
    await lead.get('batch-which').click();
    await lead.get('batch-refused').getByRole('button').click();
    await lead.page.getByRole('heading', { level: 2, name: busy.name }).waitFor();
    expect(await lead.get('wrote-since').textContent()).toContain('Not resolved. Meanwhile: “One more thing”');
    await lead.page.getByRole('button', { name: 'Resolve anyway' }).click();
    await outcome(lead, 'Resolve: 2 done.');
    for (const desk of [lead, ana]) await eventually(() => desk.names()).toEqual([...NAMES]);
    await lead.page.keyboard.press('Escape');
  });
});
