/** The live screen of who leads: what waits, who is here, who carries how much, and who has what before them. */
import type { Locator } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { TenantId } from '../../src/contract/ids.ts';
import { setRole } from '../../src/inbox/team/admin.ts';
import { describeInBrowser, eventually } from './support/browser.ts';
import { CROWD_LOGIN, seedCrowd } from './support/crowd.ts';
import { Desk } from './support/desk.ts';
import { openDesk, startProduct, type Product } from './support/product.ts';

const MANY = 3000;

describeInBrowser('a team lead', (browser) => {
  let product: Product;
  let ana: Desk;
  let lead: Desk;

  const waiting = (): Promise<string[]> => lead.get('waiting').locator('.waiting-name').allTextContents();
  const figure = (tile: string, desk = lead): Promise<string | null> =>
    desk.get(`tile-${tile}`).locator('.tile-figure').textContent();
  const colleague = (name: string): Locator => lead.get('team-member').filter({ hasText: name });
  const loadOf = (name: string): Promise<string | null> => colleague(name).locator('.load-figure').textContent();
  const give = async (customer: string, to: string): Promise<void> => {
    const picker = lead.get('waiting').filter({ hasText: customer }).getByTestId('assign-select');
    await picker.focus();
    await picker.selectOption({ label: to });
  };

  beforeAll(async () => {
    product = await startProduct({ nodes: 2, prepare: (database) => seedCrowd(database, MANY) });
    [ana, lead] = await Promise.all([
      openDesk(browser(), product, 'ana'),
      openDesk(browser(), product, 'lead', { node: 1 }),
    ]);
    await lead.page.evaluate('globalThis.neverReloaded = true');
  });

  afterAll(async () => {
    await Promise.all([ana.close(), lead.close()]);
    await product.stop();
  });

  it('sees what waits, the longest wait first, gives it to a colleague from there and sees the load change', async () => {
    await lead.get('go-team').click();
    await lead.get('nobody-waits').waitFor();
    expect(await figure('unassigned')).toBe('0');
    await product.customer('Nia Next').writes('Is there anybody?', { agoMs: 60_000 });
    await eventually(waiting).toEqual(['Nia Next']);
    await product.customer('Wim Waits').writes('I have been waiting', { agoMs: 3_600_000 });
    await eventually(waiting).toEqual(['Wim Waits', 'Nia Next']);
    await eventually(async () => [await figure('unassigned'), await figure('open'), await figure('unread')]).toEqual([
      ...['2', '2', '2'],
    ]);
    await eventually(() => lead.get('waiting').first().locator('time').textContent()).toMatch(/^1 h \d min$/);
    expect(await loadOf('Ana Prado')).toBe('0');

    await give('Wim Waits', 'Ana Prado');
    await eventually(waiting).toEqual(['Nia Next']);
    await eventually(() => loadOf('Ana Prado')).toBe('1');
    await eventually(async () => [await figure('unassigned'), await figure('open')]).toEqual(['1', '2']);
    await eventually(() => ana.count('mine')).toBe(1);
    // The row that had the focus is gone; the focus is not lost with it.
    await eventually(() => lead.page.evaluate<string>('document.activeElement.textContent')).toBe('Waiting longest');
  });

  it('sees who is here, and what each of them looks at and replies to', async () => {
    await eventually(() => figure('here')).toBe('2 of 4');
    await ana.openThread('Wim Waits');
    await eventually(() => colleague('Ana Prado').textContent()).toContain('Looking at Wim Waits');
    await ana.get('composer').pressSequentially('We');
    await eventually(() => colleague('Ana Prado').textContent()).toContain('Replying to Wim Waits');
    await ana.get('composer').fill('');
    await eventually(() => colleague('Ana Prado').textContent()).toContain('Looking at Wim Waits');
    await ana.get('my-state').selectOption('busy');
    await eventually(() => colleague('Ana Prado').getAttribute('data-state')).toBe('busy');
    // By state, then by load.
    await eventually(() => lead.get('team-member').locator('.member-open').allTextContents()).toEqual([
      ...['Lena Lead', 'Ana Prado', 'Adele Admin', 'Bruno Keller'],
    ]);
    await colleague('Ana Prado').getByRole('button', { name: 'Wim Waits' }).click();
    await eventually(() => lead.page.locator('main h2').textContent()).toBe('Wim Waits');
  });

  it('opens from each figure the list behind it, and from a colleague what they look after', async () => {
    for (const [tile, title, names] of [
      ['unassigned', 'Unassigned', ['Nia Next']],
      ['open', 'All', ['Nia Next', 'Wim Waits']],
      ['unread', 'All', ['Nia Next']],
    ] as const) {
      await lead.get('go-team').click();
      const shown = await figure(tile);
      await lead.get(`tile-${tile}`).click();
      await eventually(() => lead.names()).toEqual(names);
      await eventually(() => lead.page.locator('h1').textContent()).toBe(title);
      await eventually(async () => [await lead.get('shown-count').textContent(), shown]).toEqual([
        String(names.length),
        String(names.length),
      ]);
    }
    await lead.get('go-team').click();
    // Wherever in the row: the button's area lies over it.
    await colleague('Ana Prado').click({ position: { x: 8, y: 8 } });
    await eventually(() => lead.names()).toEqual(['Wim Waits']);
    await eventually(() => lead.page.locator('h1').textContent()).toBe('Ana Prado');
  });

  it('sees what was answered and taken by nobody', async () => {
    await lead.get('go-team').click();
    const row = lead.get('waiting').filter({ hasText: 'Nia Next' });
    await row.waitFor();
    expect(await row.getByText('Answered').count()).toBe(0);
    await ana.openThread('Nia Next');
    await ana.send('Somebody is here');
    await row.getByText('Answered').waitFor();
  });

  it('is told when somebody took a conversation first', async () => {
    await lead.get('go-team').click();
    await lead.goOffline();
    await give('Nia Next', 'Bruno Keller');
    await ana.openThread('Nia Next');
    await ana.get('assign-me').click();
    await eventually(() => ana.count('mine')).toBe(2);
    await lead.comeBack();
    await eventually(() => lead.page.getByRole('alert').textContent()).toContain(
      'Ana Prado has this conversation now.',
    );
    await eventually(() => lead.page.locator('.team-refusal strong').textContent()).toBe('Nia Next');
    await lead.page.getByRole('button', { name: 'Leave it' }).click();
    await lead.get('nobody-waits').waitFor();
    await eventually(() => loadOf('Ana Prado')).toBe('2');
  });

  it('of very many conversations sees those that wait longest, and lists them from there on', async () => {
    const mona = await Desk.open(browser(), { url: product.nodes[0]?.url ?? '', ...CROWD_LOGIN });
    const person = (number: number): string => `Person ${String(number).padStart(5, '0')}`;
    const longest = Array.from({ length: 10 }, (_, index) => person(MANY - index));
    await mona.get('go-team').click();
    await eventually(() => mona.get('waiting').locator('.waiting-name').allTextContents()).toEqual(longest);
    await eventually(() => figure('unassigned', mona)).toBe('3,000');
    await mona.get('all-waiting').click();
    await eventually(async () => (await mona.names()).slice(0, longest.length)).toEqual(longest);
    await eventually(() => mona.get('order').inputValue()).toBe('oldest');

    // What is resolved goes, what comes next moves up; the other end is the newest.
    await mona.openThread(person(MANY));
    await mona.get('resolve').click();
    await eventually(async () => (await mona.names())[0]).toBe(person(MANY - 1));
    await mona.page.reload();
    await mona.isLive();
    await eventually(async () => (await mona.names())[0]).toBe(person(MANY - 1));
    await mona.get('thread-list').hover();
    await eventually(async () => {
      await mona.page.mouse.wheel(0, 20_000);
      return await mona.names();
    }).toContain(person(1));
    await mona.get('order').selectOption('newest');
    await eventually(async () => (await mona.names())[0]).toBe(person(1));
    await mona.close();
  });

  it('has seen all of it without loading the page anew', async () => {
    expect(await lead.page.evaluate('globalThis.neverReloaded')).toBe(true);
  });

  it('has this screen, an agent has not, nor has who no longer leads', async () => {
    expect(await ana.get('go-team').count()).toBe(0);
    const [tenant] = await product.database.run(
      'test.tenant',
      (sql) => sql<{ id: TenantId }[]>`select id from tenants where slug <> 'crowd'`,
    );
    const who = { tenantId: tenant!.id, email: 'lead@demo.test' };
    await lead.get('team').waitFor();
    await setRole(product.database, who, 'agent');
    await eventually(() => lead.get('team').count()).toBe(0);
    await eventually(() => lead.get('go-team').count()).toBe(0);
    await lead.get('thread-list').or(lead.get('empty-list')).waitFor();
  });
});
