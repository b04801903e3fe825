/** Several conversations at once: selecting them in a list that lives on, and changing all that are selected. */
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { problemsOf } from './support/axe.ts';
import { describeInBrowser, eventually } from './support/browser.ts';
import { CROWD_LOGIN, seedCrowd } from './support/crowd.ts';
import { Desk } from './support/desk.ts';
import { openDesk, startProduct, type Product } from './support/product.ts';
import { drawnRows, watchRows } from './support/renders.ts';
import { bar, box, fillList, leaveSelection, outcome, select } from './support/selecting.ts';

const MANY = 5000;
const NAMES = ['Eve Elm', 'Dan Dale', 'Cid Castle', 'Bea Bridge', 'Abe Anchor'] as const;

/** Names of the selected rows, from the top. */
const selected = (desk: Desk): Promise<string[]> =>
  desk.page.locator('.list-slot:has(.row-check:checked) .row-name').allTextContents();

const focused = (desk: Desk): Promise<string> =>
  desk.page.evaluate<string>("document.activeElement.getAttribute('data-testid') ?? document.activeElement.tagName");

describeInBrowser('several conversations at once', (browser) => {
  let product: Product;
  let lead: Desk;
  let ana: Desk;

  const statusesOf = (tenant: string) =>
    product.database.run(
      'test.statuses',
      (sql) => sql<{ threads: number; changes: number }[]>`
        select count(distinct subject_id)::int as threads, count(*)::int as changes from audit_log a
        join tenants t on t.id = a.tenant_id
        where t.slug = ${tenant} and a.action = 'thread.status_set' and a.details ->> 'to' = 'pending'`,
    );
  const openCrowd = (options: { readonly context?: object } = {}): Promise<Desk> =>
    Desk.open(browser(), { url: product.nodes[0]?.url ?? '', ...CROWD_LOGIN, ...options });

  beforeAll(async () => {
    product = await startProduct({ prepare: (database) => seedCrowd(database, MANY) });
    [lead, ana] = await Promise.all([openDesk(browser(), product, 'lead'), openDesk(browser(), product, 'ana')]);
    await fillList(product, [lead, ana], NAMES);
  });

  // Each begins and ends with five open conversations of nobody; what an earlier one selected is left first.
  beforeEach(async () => {
    for (const desk of [lead, ana]) await leaveSelection(desk);
  });

  afterAll(async () => {
    await Promise.all([lead.close(), ana.close()]);
    await product.stop();
  });

  it('are selected one by one, in a range and all, without opening any, and Esc leaves them', async () => {
    // The box appears where the pointer is.
    const look = (): Promise<string> =>
      lead.page.evaluate(`getComputedStyle(document.querySelector('[aria-label="Select Cid Castle"]')).opacity`);
    expect(await look()).toBe('0');
    await lead.row('Cid Castle').hover();
    await eventually(look).toBe('1');
    await box(lead, 'Cid Castle').click();
    await eventually(() => selected(lead)).toEqual(['Cid Castle']);
    expect(await bar(lead)).toBe('1 selected');
    await box(lead, 'Abe Anchor').click({ modifiers: ['Shift'] });
    await eventually(() => selected(lead)).toEqual(['Cid Castle', 'Bea Bridge', 'Abe Anchor']);
    // On a row it does the same as on its box.
    await lead.row('Eve Elm').click({ modifiers: ['Shift'] });
    await eventually(() => selected(lead)).toEqual([...NAMES]);
    await box(lead, 'Dan Dale').click();
    await eventually(() => bar(lead)).toBe('4 selected');
    await lead.get('check-all').click();
    await eventually(() => bar(lead)).toBe('5 selected');
    expect(await lead.get('check-all').count()).toBe(0);
    expect(await lead.page.locator('main h2').textContent()).toBe('Choose a conversation');
    await lead.page.keyboard.press('Escape');
    await eventually(() => lead.get('checked-bar').count()).toBe(0);
    expect(await selected(lead)).toEqual([]);
  });

  it('are selected by key: X the open one, or the one with the focus; Shift+X what lies between', async () => {
    await lead.openThread('Dan Dale');
    await lead.page.keyboard.press('x');
    await eventually(() => selected(lead)).toEqual(['Dan Dale']);
    // J moves on and leaves the focus where it was: the open one is meant.
    await lead.page.keyboard.press('j');
    await eventually(() => lead.page.locator('main h2').textContent()).toBe('Cid Castle');
    await lead.page.keyboard.press('x');
    await eventually(() => selected(lead)).toEqual(['Dan Dale', 'Cid Castle']);
    await lead.row('Abe Anchor').focus();
    await lead.page.keyboard.press('Shift+X');
    await eventually(() => selected(lead)).toEqual(['Dan Dale', 'Cid Castle', 'Bea Bridge', 'Abe Anchor']);
    await box(lead, 'Eve Elm').focus();
    await lead.page.keyboard.press('Space');
    await eventually(() => bar(lead)).toBe('5 selected');
    // A box with the focus takes no other key for itself.
    await lead.page.keyboard.press('x');
    await eventually(() => bar(lead)).toBe('4 selected');
    await lead.page.keyboard.press('Escape');
    await eventually(() => selected(lead)).toEqual([]);
    expect(await lead.page.locator('main h2').textContent()).toBe('Cid Castle');
    await lead.page.keyboard.press('Escape');
    await eventually(() => lead.page.locator('main h2').textContent()).toBe('Choose a conversation');
  });

  it('are assigned, tagged, snoozed, opened again, read and resolved; others see it, and the focus is kept', async () => {
    const two = ['Bea Bridge', 'Abe Anchor'] as const;
    const others = ['Eve Elm', 'Dan Dale', 'Cid Castle'];
    await select(lead, ...two);
    await lead.get('checked-assign').focus();
    await lead.page.keyboard.press('Enter');
    await lead.page.getByRole('menu', { name: 'Assign to' }).waitFor();
    // By its first letter, as in any menu.
    await lead.page.keyboard.press('b');
    await lead.page.keyboard.press('Enter');
    await outcome(lead, 'Assign to Bruno Keller: 2 done.');
    await eventually(() => focused(lead)).toBe('checked-assign');
    // Ana sees her own and those of nobody.
    await eventually(() => ana.names()).toEqual(others);
    await lead.get('checked-assign').click();
    await lead.get('checked-assign-none').click();
    await outcome(lead, 'Assign to nobody: 2 done.');
    await eventually(() => ana.names()).toEqual([...NAMES]);

    await lead.get('checked-tags').click();
    await lead.get('checked-tag-add').fill('fragile');
    await lead.page.keyboard.press('Enter');
    await outcome(lead, 'Change tags: 2 done.');
    for (const name of two) await eventually(() => ana.row(name).textContent()).toContain('fragile');
    await lead.get('checked-tags').click();
    await lead.page.getByLabel('fragile').check();
    await lead.get('checked-tags-save').click();
    for (const name of two) await eventually(() => ana.row(name).textContent()).not.toContain('fragile');

    await lead.get('checked-snooze').click();
    await lead.get('snooze-tomorrow').click();
    await outcome(lead, 'Snooze: 2 done.');
    for (const name of two) await eventually(() => ana.row(name).textContent()).toContain('Snoozed');
    await lead.get('checked-snooze').click();
    await lead.get('snooze-other').click();
    await lead.get('snooze-time').fill('2099-05-04T09:00');
    await lead.get('snooze-set').click();
    for (const name of two) await eventually(() => ana.row(name).textContent()).toMatch(/Snoozed until .*99/);
    await lead.get('checked-status').click();
    await lead.get('checked-open').click();
    await outcome(lead, 'Open: 2 done.');
    for (const name of two) await eventually(() => ana.row(name).textContent()).not.toContain('Snoozed');

    for (const name of two) expect(await ana.row(name).getByTestId('unread').count()).toBe(1);
    await lead.get('checked-read').click();
    await outcome(lead, 'Mark as read: 2 done.');
    for (const name of two) await eventually(() => ana.row(name).getByTestId('unread').count()).toBe(0);
    await lead.get('checked-unread').click();
    await outcome(lead, 'Mark as unread: 2 done.');
    for (const name of two) await eventually(() => ana.row(name).getByTestId('unread').textContent()).toBe('1');

    await lead.get('checked-resolve').focus();
    await lead.page.keyboard.press('Enter');
    await outcome(lead, 'Resolve: 2 done.');
    for (const desk of [lead, ana]) await eventually(() => desk.names()).toEqual(others);
    // What was selected has left the list, the bar with it, and the focus is not lost.
    await eventually(() => lead.get('checked-bar').count()).toBe(0);
    await eventually(() => focused(lead)).toBe('thread-list');
    // Screen readers are told.
    await eventually(() => lead.page.locator('.pane-list > .hidden[role=status]').textContent()).toBe(
      'Resolve: 2 done.',
    );

    await lead.get('narrow').click();
    await lead.get('filter-status').selectOption('resolved');
    await select(lead, ...two);
    await lead.get('checked-status').click();
    await lead.get('checked-open').click();
    await outcome(lead, 'Open: 2 done.');
    await lead.get('narrow').click();
    await eventually(() => lead.names()).toEqual([...NAMES]);
  });

  it('offer an agent only themselves and nobody', async () => {
    await select(ana, 'Dan Dale');
    await ana.get('checked-assign').click();
    await eventually(() => ana.page.getByRole('menuitem').allTextContents()).toEqual(['Me', 'Nobody']);
    await ana.page.keyboard.press('Escape');
    await eventually(() => focused(ana)).toBe('checked-assign');
    // Escape closed the menu and nothing else.
    expect(await selected(ana)).toEqual(['Dan Dale']);
  });

  it('lose whatever leaves the list, and nothing is done to it', async () => {
    await select(lead, 'Eve Elm', 'Dan Dale', 'Bea Bridge');
    await ana.openThread('Dan Dale');
    await ana.get('resolve').click();
    await eventually(() => bar(lead)).toBe('2 selected');
    await ana.get('resolve').click();
    await eventually(() => lead.names()).toEqual([...NAMES]);
    // It is back, and not selected.
    expect(await selected(lead)).toEqual(['Eve Elm', 'Bea Bridge']);
    await lead.get('search').fill('Bea');
    await eventually(() => bar(lead)).toBe('1 selected');
    await lead.get('checked-assign').click();
    await lead.get('checked-assign-me').click();
    await outcome(lead, 'Assign to me: 1 done.');
    await lead.get('search').fill('');
    await eventually(() => lead.names()).toEqual([...NAMES]);
    await eventually(() => lead.count('mine')).toBe(1);
    await lead.get('checked-assign').click();
    await lead.get('checked-assign-none').click();
    await eventually(() => lead.count('mine')).toBe(0);
  });

  it('are a hundred at most; a reload and a lost connection in the middle change nothing, and nothing is done twice', async () => {
    const mona = await openCrowd();
    await mona.lists('Person 00001');
    await box(mona, 'Person 00003').check();
    await mona.get('check-all').click();
    await eventually(() => bar(mona)).toBe('100 selected, the most at once');
    await mona.get('checked-status').click();
    await mona.get('checked-pending').click();
    const running = (): Promise<string | null> => mona.get('batch-running').textContent();
    await eventually(running).toMatch(/Pending: [1-9]\d* of 100/);
    // There is no room for as many again.
    await mona.get('checked-resolve').dispatchEvent('click');
    await mona.page.getByText('Too many changes are waiting already').waitFor();
    await mona.page.reload();
    await mona.isLive();
    await eventually(running).toMatch(/Pending: [2-9]\d of 100/);
    await mona.goOffline();
    await eventually(running).toContain('when the connection is back');
    await mona.comeBack();
    await outcome(mona, 'Pending: 100 done.');
    expect(await statusesOf('crowd')).toEqual([{ threads: 100, changes: 100 }]);
    const metrics = await (await fetch(`${product.nodes[0]?.url ?? ''}/metrics`)).text();
    expect(metrics).toMatch(/hunfly_realtime_commands_total\{command="thread:set-status",result="ok"\} \d/);
    expect(metrics).not.toContain('result="rate_limited"');
    await mona.close();
  });

  it(`of ${String(MANY)} are selected without drawing a row anew`, async () => {
    const mona = await openCrowd();
    await watchRows(mona.page);
    await mona.page.reload();
    await mona.isLive();
    await mona.lists('Person 00005');
    await eventually(() => mona.get('shown-count').textContent()).toBe('5,000');
    await mona.page.mouse.move(0, 0);
    await drawnRows(mona.page);
    await box(mona, 'Person 00005').check();
    await box(mona, 'Person 00001').click({ modifiers: ['Shift'] });
    await eventually(() => bar(mona)).toBe('5 selected');
    const drawn = await drawnRows(mona.page);
    await mona.get('check-all').click();
    await eventually(() => bar(mona)).toContain('100 selected');
    // The bar makes the list shorter; that draws rows only where they come into it.
    expect([drawn, await drawnRows(mona.page)]).toEqual([[], []]);
    await mona.close();
  });

  it.each(['light', 'dark'] as const)('are no trouble for tired eyes and screen readers: %s', async (colorScheme) => {
    const context = { colorScheme, reducedMotion: 'reduce', viewport: { width: 900, height: 700 } } as const;
    const desk = await openDesk(browser(), product, 'lead', { context });
    const look = async (): Promise<void> => {
      expect(await problemsOf(desk)).toEqual([]);
    };
    await desk.lists('Eve Elm');
    await select(desk, 'Eve Elm', 'Dan Dale');
    await look();
    await desk.get('checked-assign').click();
    await look();
    await desk.page.keyboard.press('Escape');
    await desk.get('checked-tags').click();
    await look();
    await desk.get('checked-tag-add').fill(`tag ${colorScheme}`);
    await desk.page.keyboard.press('Enter');
    await outcome(desk, '2 done.');
    await look();
    const sticksOut = await desk.page.evaluate<number>(
      "[...document.querySelectorAll('.checked-bar *')].filter((one) => one.getBoundingClientRect().right > document.querySelector('.pane-list').getBoundingClientRect().right + 1).length",
    );
    expect(sticksOut).toBe(0);
    await desk.close();
  });
});
