/** One customer and two agents in two windows, on two gateways: a conversation from the first message to the last tick. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeInBrowser, eventually } from './support/browser.ts';
import type { Desk } from './support/desk.ts';
import { openDesk, startProduct, type Product } from './support/product.ts';

const HELLO = 'Hi, is the blue rain jacket still available in M?';
const ANSWER = 'Yes it is! Shall I put one aside for you?';
const WHILE_AWAY = 'I will call you about it.';

describeInBrowser('two agents and a customer', (browser) => {
  let product: Product;
  let ana: Desk;
  let bruno: Desk;

  beforeAll(async () => {
    product = await startProduct({ nodes: 2, visibility: 'all' });
    [ana, bruno] = await Promise.all([
      openDesk(browser(), product, 'ana'),
      openDesk(browser(), product, 'bruno', { node: 1 }),
    ]);
  });

  afterAll(async () => {
    await product.stop();
  });

  it('share one conversation: message in, typing, assign, reply, ticks, reload, offline and back', async () => {
    const ada = product.customer('Ada Example', 'evolution');
    const other = product.customer('Olga Other', 'evolution');

    // A message in: both see it at once, unread and nobody's.
    await ada.writes(HELLO);
    for (const desk of [ana, bruno]) {
      await desk.lists('Ada Example');
      await eventually(() => desk.row('Ada Example').textContent()).toContain(HELLO);
      await eventually(() => desk.row('Ada Example').getByTestId('unread').textContent()).toBe('1');
      await eventually(() => desk.count('unassigned')).toBe(1);
    }

    // Ana opens it: read for the whole team, and Bruno sees that she is looking.
    await ana.openThread('Ada Example');
    await ana.bubble(HELLO).waitFor();
    await eventually(() => bruno.row('Ada Example').getByTestId('unread').count()).toBe(0);
    await bruno.openThread('Ada Example');
    await bruno.get('viewing').waitFor();
    await eventually(() => bruno.get('viewing').textContent()).toContain('Ana Prado is viewing');

    // The customer types: seen in both windows.
    await ada.types();
    // At the same time, here and below: it does not last.
    await Promise.all(
      [ana, bruno].map((desk) =>
        eventually(() => desk.get('typing-indicator').textContent()).toContain('Ada Example is typing'),
      ),
    );

    // Ana takes it: Bruno sees whose it is, and the counts follow.
    await ana.get('assign-me').click();
    await eventually(() => bruno.get('assign-select').locator('option:checked').textContent()).toBe('Ana Prado');
    await eventually(() => ana.count('mine')).toBe(1);
    await eventually(() => bruno.count('unassigned')).toBe(0);
    const anasLoad = bruno.get('presence-member').filter({ hasText: 'Ana Prado' }).locator('.colleague-load');
    await eventually(() => anasLoad.textContent()).toBe('1');

    // Ana types: Bruno and the customer see it.
    await ana.get('composer').pressSequentially(ANSWER.slice(0, 4));
    await Promise.all([
      eventually(() => bruno.get('typing-indicator').textContent()).toContain('Ana Prado'),
      eventually(() => ada.seesTyping()).toBe(true),
    ]);

    // The reply: on the phone once, in both windows once, with ticks up to "read".
    await ana.send(ANSWER);
    await eventually(() => ada.received()).toEqual([ANSWER]);
    for (const desk of [ana, bruno]) {
      await eventually(() => desk.tick(ANSWER)).toBe('read');
      await eventually(() => desk.texts()).toEqual([HELLO, ANSWER]);
    }

    // A reload: the same conversation, whole and once.
    await ana.page.reload();
    await ana.isLive();
    await eventually(() => ana.texts()).toEqual([HELLO, ANSWER]);
    await eventually(() => ana.tick(ANSWER)).toBe('read');

    // Offline: said at once. What happens meanwhile is missed; what Ana writes waits.
    await ana.goOffline();
    await other.writes('Good morning!');
    await bruno.lists('Olga Other');
    await ana.send(WHILE_AWAY);
    await eventually(() => ana.get('connection-state').textContent()).toContain('offline since');
    await eventually(() => ana.tick(WHILE_AWAY)).toBe('queued');
    expect(await ana.row('Olga Other').count()).toBe(0);
    await eventually(() => ada.received()).toEqual([ANSWER]);

    // Back: what was missed is there, what waited is sent, once.
    await ana.comeBack();
    await ana.lists('Olga Other');
    await eventually(() => ana.tick(WHILE_AWAY)).toBe('read');
    await eventually(() => bruno.texts()).toEqual([HELLO, ANSWER, WHILE_AWAY]);
    await eventually(() => ana.texts()).toEqual([HELLO, ANSWER, WHILE_AWAY]);
    await eventually(() => ada.received()).toEqual([ANSWER, WHILE_AWAY]);

    await Promise.all([ana.close(), bruno.close()]);
  });
});
