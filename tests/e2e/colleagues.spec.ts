/** Several people at one inbox: who looks, who types, who takes it, who may see it. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { TenantId } from '../../src/contract/ids.ts';
import { setRole } from '../../src/inbox/team/admin.ts';
import { describeInBrowser, eventually } from './support/browser.ts';
import type { Desk } from './support/desk.ts';
import { openDesk, startProduct, type Product } from './support/product.ts';

describeInBrowser('colleagues', (browser) => {
  let product: Product;
  let ana: Desk;
  let lead: Desk;

  beforeAll(async () => {
    product = await startProduct({ nodes: 2 });
    [ana, lead] = await Promise.all([
      openDesk(browser(), product, 'ana'),
      openDesk(browser(), product, 'lead', { node: 1 }),
    ]);
  });

  afterAll(async () => {
    await Promise.all([ana.close(), lead.close()]);
    await product.stop();
  });

  it('see each other come, look and type', async () => {
    const cora = product.customer('Cora Company');
    await cora.writes('Is anybody there?');
    await Promise.all([ana.openThread('Cora Company'), lead.openThread('Cora Company')]);
    await eventually(() => ana.get('viewing').textContent()).toContain('Lena Lead is viewing');
    await eventually(() => lead.get('viewing').textContent()).toContain('Ana Prado is viewing');
    const online = lead.page.locator('[data-testid=presence-member][data-state=online]');
    await eventually(() => online.allTextContents()).toHaveLength(2);
    await ana.get('composer').pressSequentially('We');
    // Both at once: neither lasts.
    await Promise.all([
      eventually(() => lead.get('typing-indicator').textContent()).toContain('Ana Prado is typing'),
      eventually(() => lead.get('viewing').textContent()).toContain('Ana Prado is replying'),
    ]);
    await ana.get('composer').fill('');
    await eventually(() => lead.get('typing-indicator').count()).toBe(0);
    await ana.page.keyboard.press('Escape');
    await ana.page.keyboard.press('Escape');
    await eventually(() => lead.get('viewing').count()).toBe(0);
  });

  it('are offered to whoever types an @ in a note, and the keys stay with the text', async () => {
    const mina = product.customer('Mina Mention');
    await mina.writes('Who knows about this?');
    await ana.openThread('Mina Mention');
    await ana.get('note-toggle').click();
    const text = ana.get('composer');
    const offered = (): Promise<string[]> => ana.get('mention').locator('[dir=auto]').allTextContents();
    await text.pressSequentially('Ask @');
    await eventually(offered).toEqual(['Adele Admin', 'Bruno Keller', 'Lena Lead']);
    await text.press('ArrowUp');
    const active = ana.page.locator(`[id="${(await text.getAttribute('aria-activedescendant')) ?? ''}"]`);
    expect([await active.textContent(), await active.getAttribute('aria-selected')]).toEqual(['LLLena Lead', 'true']);
    await text.press('Escape');
    expect([await offered(), await text.inputValue()]).toEqual([[], 'Ask @']);
    await eventually(() => ana.page.evaluate('document.activeElement?.dataset.testid')).toBe('composer');
    await text.pressSequentially(' or @le');
    await eventually(offered).toEqual(['Lena Lead']);
    await text.press('Enter');
    expect([await offered(), await text.inputValue()]).toEqual([[], 'Ask @ or @Lena Lead ']);
    await text.pressSequentially('@br');
    await eventually(offered).toEqual(['Bruno Keller']);
    await ana.get('mention').click();
    await eventually(() => text.inputValue()).toBe('Ask @ or @Lena Lead @Bruno Keller ');
    await text.press('Enter');
    await ana.page.locator('[data-testid=note][data-note-id]').waitFor();
    await eventually(() => ana.get('note').textContent()).toContain('Ask @ or @Lena Lead @Bruno');
    const rows = await product.database.run(
      'test.mentions',
      (sql) =>
        sql<{ named: number }[]>`select cardinality(mentions) as named from notes order by created_at desc limit 1`,
    );
    expect(rows[0]?.named).toBe(2);
  });

  it('who are called alike are told apart, and the key that took one sends the note next', async () => {
    const desk = await openDesk(browser(), product, 'ana');
    await desk.page.routeWebSocket(/socket\.io/, (socket) => {
      const server = socket.connectToServer();
      server.onMessage((message) => {
        socket.send(String(message).replaceAll('Bruno Keller', 'Lena Lead Ö. (2)'));
      });
      socket.onMessage((message) => {
        server.send(message);
      });
    });
    await desk.page.reload();
    await desk.hearsFrom(product.customer('Alma Alike'));
    await desk.get('note-toggle').click();
    const text = desk.get('composer');
    await text.pressSequentially('For @lena');
    await eventually(() => desk.get('mention').count()).toBe(2);
    await text.press('Enter');
    expect(await text.inputValue()).toBe('For @Lena Lead ');
    await text.pressSequentially('and @ö');
    await eventually(() => desk.get('mention').count()).toBe(1);
    await text.press('Tab');
    expect(await text.inputValue()).toBe('For @Lena Lead and @Lena Lead Ö. (2) ');
    await text.fill('For @');
    await text.pressSequentially('lena');
    await text.press('Enter');
    await text.press('Enter');
    await desk.page.locator('[data-testid=note][data-note-id]').waitFor();
    await eventually(() => desk.get('note').textContent()).toContain('For @Lena Lead');
    expect(await desk.get('note').textContent()).not.toContain('Ö. (2)');
    await desk.close();
  });

  it('share notes, tags, states and snoozing, and the customer sees none of it', async () => {
    const nora = product.customer('Nora Notes');
    await nora.writes('My parcel is late');
    await Promise.all([ana.openThread('Nora Notes'), lead.openThread('Nora Notes')]);

    await ana.get('note-toggle').click();
    await ana.send('Careful, @Lena Lead: second complaint');
    await eventually(() => lead.get('note').textContent()).toContain('Careful, @Lena Lead: second complaint');
    await eventually(() => lead.get('note').textContent()).toContain('Ana Prado');
    await eventually(() => ana.get('note').count()).toBe(1);

    await ana.get('tag-input').fill('parcel');
    await ana.get('tag-input').press('Enter');
    await eventually(() => lead.get('tag').allTextContents()).toEqual(['parcel']);
    await eventually(() => lead.row('Nora Notes').textContent()).toContain('parcel');
    await lead.get('tag').getByRole('button').click();
    await eventually(() => ana.get('tag').count()).toBe(0);

    await ana.get('status-select').selectOption('pending');
    await eventually(() => lead.get('status-select').inputValue()).toBe('pending');
    await ana.get('status-select').selectOption('snoozed');
    await ana.get('snooze-tomorrow').click();
    await eventually(() => lead.get('status-select').inputValue()).toBe('snoozed');
    await eventually(() => lead.get('status-select').getAttribute('title')).toContain('Until');
    await eventually(() => lead.row('Nora Notes').textContent()).toMatch(/Snoozed until (\w{3} )?9:00/);

    // With keys alone, until a time of one's own.
    await lead.page.keyboard.press('z');
    await lead.page.locator('[data-testid=snooze-1h]:focus').waitFor();
    await lead.page.keyboard.press('End');
    await lead.page.keyboard.press('Enter');
    await lead.get('snooze-time').fill('2020-01-01T08:00');
    await eventually(() => lead.get('snooze-set').isDisabled()).toBe(true);
    await lead.get('snooze-time').fill('2099-12-30T08:00');
    await lead.page.keyboard.press('Enter');
    await eventually(() => ana.row('Nora Notes').textContent()).toMatch(/Snoozed until .*99/);

    // A customer who writes again wakes the conversation.
    await nora.writes('Hello?');
    await eventually(() => lead.get('status-select').inputValue()).toBe('open');
    await lead.get('resolve').click();
    await ana.lists('Nora Notes', 0);
    expect(await nora.received()).toEqual([]);
  });

  it('are told when somebody else took it first, and may insist', async () => {
    const carl = product.customer('Carl Conflict');
    await carl.writes('Who helps me?');
    await Promise.all([ana.openThread('Carl Conflict'), lead.openThread('Carl Conflict')]);
    await lead.goOffline();
    await lead.get('assign-me').click();
    await ana.get('assign-me').click();
    await eventually(() => ana.count('mine')).toBe(1);
    await lead.comeBack();
    const bar = lead.page.getByRole('alert');
    await eventually(() => bar.textContent()).toContain('Ana Prado has this conversation now.');
    await eventually(() => lead.get('assign-select').locator('option:checked').textContent()).toBe('Ana Prado');
    await bar.getByText('Assign anyway').click();
    await eventually(() => lead.get('assign-select').locator('option:checked').textContent()).toContain('Lena Lead');
    await eventually(() => bar.count()).toBe(0);
    await ana.lists('Carl Conflict', 0);
  });

  it('are looked over the shoulder by who leads, and only by them: a colleague in the rail is a list, live', async () => {
    const [gus, gina] = [product.customer('Gus Given'), product.customer('Gina Given')];
    await gus.writes('A kumquat, please');
    await gus.writes('One');
    await gina.writes('Two');
    await ana.openThread('Gus Given');
    await ana.get('assign-me').click();
    await lead.get('colleague-list').filter({ hasText: 'Ana Prado' }).click();
    await eventually(() => lead.names()).toEqual(['Gus Given']);
    await eventually(() => lead.page.locator('h1').textContent()).toBe('Ana Prado');
    await eventually(() => lead.get('shown-count').textContent()).toBe('1');

    await ana.openThread('Gina Given');
    await ana.get('assign-me').click();
    await eventually(() => lead.names()).toEqual(['Gina Given', 'Gus Given']);
    await ana.get('resolve').click();
    await eventually(() => lead.names()).toEqual(['Gus Given']);

    await lead.get('colleague-list').filter({ hasText: 'Bruno Keller' }).click();
    await eventually(() => lead.get('empty-list').textContent()).toContain('looks after no conversation');
    await lead.get('filter-all').click();

    // A search can be about what one of them looks after, by state, and finds there what only the server knows.
    await lead.get('search').fill('given');
    await eventually(() => lead.names()).toEqual(['Gina Given', 'Gus Given']);
    await lead.get('narrow').click();
    await lead.get('filter-assigned').selectOption({ label: 'Ana Prado' });
    await lead.get('filter-status').selectOption('resolved');
    await eventually(() => lead.names()).toEqual(['Gina Given']);
    await lead.get('search').fill('kumquat');
    await lead.get('no-results').waitFor();
    await lead.get('filter-status').selectOption('any');
    await eventually(() => lead.names()).toEqual(['Gus Given']);
    await lead.get('filter-assigned').selectOption({ label: 'Nobody' });
    await lead.get('no-results').waitFor();
    await lead.get('search-everywhere').click();
    await eventually(() => lead.names()).toEqual(['Gus Given']);
    await lead.get('narrow').click();
    await lead.get('search').press('Escape');

    expect(await ana.get('colleague-list').count()).toBe(0);
    await ana.get('search').fill('given');
    await ana.get('narrow').click();
    const choices = ana.get('filter-assigned').locator('option');
    await eventually(() => choices.allTextContents()).toEqual(['Anybody', 'Me', 'Nobody']);
    await ana.get('narrow').click();
    await ana.get('search').press('Escape');
    await ana.openThread('Gus Given');
    await ana.get('resolve').click();
  });

  it('are no longer looked over the shoulder by who led and does not any more', async () => {
    const tenant = await product.database.run('test.tenant', (sql) => sql<{ id: TenantId }[]>`select id from tenants`);
    const who = { tenantId: tenant[0]!.id, email: 'lead@demo.test' };
    await lead.get('colleague-list').filter({ hasText: 'Ana Prado' }).click();
    await eventually(() => lead.page.locator('h1').textContent()).toBe('Ana Prado');
    await setRole(product.database, who, 'agent');
    await eventually(() => lead.get('colleague-list').count()).toBe(0);
    await eventually(() => lead.page.locator('h1').textContent()).toBe('All');
    await setRole(product.database, who, 'manager');
    await eventually(() => lead.get('colleague-list').count()).toBeGreaterThan(0);
  });

  it('lose sight of what is given to another agent while it is open, and keep their draft', async () => {
    const alma = product.customer('Alma Away');
    await alma.writes('I have a question');
    await Promise.all([ana.openThread('Alma Away'), lead.openThread('Alma Away')]);
    await ana.get('composer').fill('Dear Alma, I just');
    await lead.get('assign-select').selectOption({ label: 'Bruno Keller' });
    await ana.get('no-thread').waitFor();
    await eventually(() => ana.get('no-thread').textContent()).toContain('not in your view');
    // For Ana to hand over what she wrote.
    await eventually(() => ana.get('kept-text').inputValue()).toBe('Dear Alma, I just');
    await eventually(() => ana.get('composer').count()).toBe(0);
    await eventually(() => ana.row('Alma Away').count()).toBe(0);

    // What is written there now does not reach her window, in no way.
    await alma.writes('This is only for Bruno');
    await eventually(() => lead.texts()).toContain('This is only for Bruno');
    expect(await ana.page.content()).not.toContain('This is only for Bruno');

    await lead.get('assign-select').selectOption({ label: 'Ana Prado' });
    await eventually(() => ana.get('composer').inputValue()).toBe('Dear Alma, I just');
    await eventually(() => ana.texts()).toEqual(['I have a question', 'This is only for Bruno']);
  });
});
