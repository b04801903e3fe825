/** Several windows of one browser, and several people at one: what somebody wrote is theirs, and is kept. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeInBrowser, eventually } from './support/browser.ts';
import { Desk } from './support/desk.ts';
import { openDesk, startProduct, type Product } from './support/product.ts';

describeInBrowser('windows of one browser', (browser) => {
  let product: Product;
  const url = (): string => product.nodes[0]?.url ?? '';
  const enter = async (desk: Desk, who: 'ana' | 'bruno'): Promise<void> => {
    await desk.logIn(`${who}@demo.test`, product.passwordOf(`${who}@demo.test`));
    await desk.isLive();
  };
  const draftOf = (desk: Desk): Promise<string> => desk.get('composer').inputValue();
  const kept = (desk: Desk): Promise<string> => desk.page.evaluate('Object.values({ ...localStorage }).join("")');

  /** Has a window count from now on how often it reads a kept draft. */
  const draftsRead = async ({ page }: Desk): Promise<() => Promise<number>> => {
    await page.evaluate(`{
      const get = Storage.prototype.getItem;
      window.draftsRead = 0;
      Storage.prototype.getItem = function (key) {
        if (key.startsWith('hunfly.drafts/')) window.draftsRead += 1;
        return get.call(this, key);
      };
    }`);
    return () => page.evaluate('window.draftsRead');
  };

  beforeAll(async () => {
    product = await startProduct();
  });

  afterAll(async () => {
    await product.stop();
  });

  it('keep the drafts of all of them, and a draft that was sent in one is gone in the others', async () => {
    const [olga, pia] = [product.customer('Olga One'), product.customer('Pia Two')];
    const one = await openDesk(browser(), product, 'ana');
    await one.hearsFrom(olga);
    await one.hearsFrom(pia);
    const two = await Desk.beside(one, url());
    await two.isLive();
    const read = await Promise.all([one, two].map(draftsRead));
    await one.openThread('Olga One');
    await one.get('composer').fill('begun in the first');
    await two.openThread('Pia Two');
    await two.get('composer').fill('begun in the second');
    // Whichever window writes its own down first.
    await eventually(() => kept(two)).toMatch(/begun in the first/);
    await eventually(() => kept(two)).toMatch(/begun in the second/);
    // Each looked at the other's alone.
    await eventually(() => Promise.all(read.map((times) => times()))).toEqual([1, 1]);
    await one.page.reload();
    await eventually(() => draftOf(one)).toBe('begun in the first');
    await two.openThread('Olga One');
    await eventually(() => draftOf(two)).toBe('begun in the first');
    await one.get('composer').press('Enter');
    await eventually(() => draftOf(two)).toBe('');
    await one.openThread('Pia Two');
    await eventually(() => draftOf(one)).toBe('begun in the second');
    await eventually(() => olga.received()).toEqual(['begun in the first']);
    await one.close();
  });

  it('are all left by logging out in one, and whoever comes next finds nothing of the one before', async () => {
    const customer = product.customer('Rosa Reader');
    const one = await openDesk(browser(), product, 'ana');
    await one.hearsFrom(customer);
    const two = await Desk.beside(one, url());
    await two.openThread('Rosa Reader');
    await two.get('composer').fill('for her eyes only');
    await one.get('logout').click();
    await eventually(() => two.get('login-notice').textContent()).toContain('logged out in another window');
    await enter(one, 'bruno');
    await one.openThread('Rosa Reader');
    expect(await draftOf(one)).toBe('');
    await enter(two, 'ana');
    await eventually(() => one.get('login-notice').textContent()).toContain('logged in in another window');
    await two.openThread('Rosa Reader');
    await eventually(() => draftOf(two)).toBe('for her eyes only');
    await one.close();
  });

  it('keep what was not sent when the session ended, and send it once when its writer is back', async () => {
    const desk = await openDesk(browser(), product, 'ana');
    const customer = await desk.hearsFrom(product.customer('Ulla Unsent'));
    await desk.page.context().setOffline(true);
    await desk.send('written on the train');
    await desk.get('logout').click();
    await desk.get('log-out-stay').click();
    await desk.get('logout').click();
    await desk.get('log-out-anyway').click();
    await desk.get('login-email').waitFor();
    await desk.page.context().setOffline(false);
    await enter(desk, 'bruno');
    await desk.get('logout').click();
    await enter(desk, 'ana');
    await eventually(() => customer.received()).toEqual(['written on the train']);
    await desk.close();
  });

  it('take over what the release before had not sent, for whoever wrote it, beside what waits already', async () => {
    const desk = await openDesk(browser(), product, 'ana');
    const customer = await desk.hearsFrom(product.customer('Oda Outbox'));
    await desk.page.evaluate(`{
      const { user, tenantId } = JSON.parse(localStorage.getItem('hunfly.session'));
      const owner = user.id + '/' + tenantId;
      const threadId = location.hash.slice('#/thread/'.length);
      const entry = (text) => ({ commandId: crypto.randomUUID(), name: 'message:send', threadId, state: 'inflight', attempts: 1,
        input: { threadId, kind: 'text', text }, createdAt: new Date().toISOString(), error: null });
      const keep = (key, value) => sessionStorage.setItem(key, JSON.stringify(value));
      addEventListener('pagehide', () => {
        keep('hunfly.outbox/' + owner, [entry('of this release')]);
        keep('hunfly.outbox', { owner, entries: [entry('of the release before')] });
      });
    }`);
    await desk.page.reload();
    await eventually(() => customer.received()).toEqual(['of the release before', 'of this release']);
    await desk.page.reload();
    await desk.isLive();
    await desk.page.evaluate(
      `sessionStorage.setItem('hunfly.outbox', JSON.stringify({ owner: 'somebody/else', entries: [] }))`,
    );
    await desk.page.reload();
    await desk.isLive();
    expect(await customer.received()).toHaveLength(2);
    await desk.close();
  });

  it('do not bring back a draft that was sent, because a window of the release before still has it', async () => {
    const desk = await openDesk(browser(), product, 'ana');
    await desk.hearsFrom(product.customer('Otto Open'));
    const keepFormer = (...drafts: readonly string[]): Promise<void> =>
      desk.page.evaluate(`{
        const [first, second] = ${JSON.stringify(drafts)};
        const own = { [location.hash.slice('#/thread/'.length)]: { reply: first, note: '' } };
        const other = { '01890000-0000-7000-8000-000000000000': { reply: second, note: '' } };
        localStorage.setItem('hunfly.drafts', JSON.stringify({ ...own, ...(second === undefined ? {} : other) }));
      }`);
    await keepFormer('sent from here');
    await desk.page.reload();
    await eventually(() => draftOf(desk)).toBe('sent from here');
    await desk.get('composer').press('Enter');
    await eventually(() => kept(desk)).not.toContain('sent from here');
    await keepFormer('sent from here', 'written since');
    await desk.page.reload();
    await desk.isLive();
    await eventually(() => kept(desk)).toContain('written since');
    expect(await draftOf(desk)).toBe('');
    await keepFormer('changed since');
    await desk.page.reload();
    await eventually(() => draftOf(desk)).toBe('changed since');
    await desk.close();
  });

  it('take over a draft of the release before for whoever is logged in, and else for nobody', async () => {
    const desk = await openDesk(browser(), product, 'ana');
    await desk.hearsFrom(product.customer('Uma Upgrade'));
    const leaveFormer = (text: string, owner = '""'): Promise<void> =>
      desk.page.evaluate(`{
        const { user, tenantId } = JSON.parse(localStorage.getItem('hunfly.session'));
        localStorage.setItem('hunfly.drafts' + ${owner},
          JSON.stringify({ [location.hash.slice('#/thread/'.length)]: { reply: '${text}', note: '' } }));
      }`);
    await leaveFormer('from before');
    await desk.page.reload();
    await eventually(() => draftOf(desk)).toBe('from before');
    await desk.get('composer').fill('');
    await eventually(() => kept(desk)).not.toContain('from before');
    await leaveFormer('all under one key', "'/' + user.id + '/' + tenantId");
    await desk.page.reload();
    await eventually(() => draftOf(desk)).toBe('all under one key');
    await leaveFormer('of who knows whom');
    await desk.get('logout').click();
    await desk.get('login-email').waitFor();
    await desk.page.reload();
    await enter(desk, 'bruno');
    await desk.page.reload();
    await desk.isLive();
    await desk.openThread('Uma Upgrade');
    expect(await draftOf(desk)).toBe('');
    await desk.close();
  });
});
