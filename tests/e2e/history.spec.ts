/** Back and forth in the browser's history. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeInBrowser, eventually } from './support/browser.ts';
import { Desk } from './support/desk.ts';
import { openDesk, startProduct, type Product } from './support/product.ts';

const ELSEWHERE = 'about:blank';

describeInBrowser('the browser’s history', (browser) => {
  let product: Product;
  let ana: Desk;
  let lead: Desk;
  const url = (): string => product.nodes[0]?.url ?? '';
  const shown = (desk: Desk): Promise<string> =>
    desk.page.evaluate('document.querySelector(".thread-head h2")?.textContent ?? "the list"');
  const isAt = async (desk: Desk, what: string): Promise<void> => {
    await eventually(() => shown(desk)).toBe(what);
  };
  const length = (desk: Desk): Promise<number> => desk.page.evaluate('history.length');
  const addressOf = async (name: string): Promise<string> => {
    await ana.openThread(name);
    return `${url()}/#/thread/${(await ana.row(name).getAttribute('data-thread-id')) ?? ''}`;
  };

  beforeAll(async () => {
    product = await startProduct();
    [ana, lead] = await Promise.all([openDesk(browser(), product, 'ana'), openDesk(browser(), product, 'lead')]);
    for (const name of ['Hana History', 'Hugo History', 'Hedda History']) {
      await product.customer(name).writes('Hello');
      await ana.row(name).waitFor();
    }
  });

  afterAll(async () => {
    await Promise.all([ana.close(), lead.close()]);
    await product.stop();
  });

  /** A window that came to the inbox from elsewhere. */
  const arrive = async (who: Desk, address: string): Promise<Desk> => {
    const desk = await Desk.beside(who, ELSEWHERE);
    await desk.page.goto(address);
    await desk.isLive();
    return desk;
  };

  it('leads from a conversation to the list, from there to where one came from, and forth again', async () => {
    const desk = await arrive(ana, url());
    const before = await length(desk);
    await desk.openThread('Hana History');
    await desk.openThread('Hugo History');
    await desk.page.goBack();
    await isAt(desk, 'the list');
    await desk.page.goForward();
    await isAt(desk, 'Hugo History');
    expect(await length(desk)).toBe(before + 1);
    await desk.page.goBack();
    await isAt(desk, 'the list');
    await desk.page.goBack();
    await eventually(() => desk.page.url()).toBe(ELSEWHERE);
    await desk.page.close();
  });

  it('needs one step back after Esc, and forth leads to what was left', async () => {
    const desk = await arrive(ana, url());
    await desk.openThread('Hana History');
    await desk.page.keyboard.press('Escape');
    await isAt(desk, 'the list');
    await eventually(() => desk.page.url()).not.toContain('#');
    await desk.page.goForward();
    await isAt(desk, 'Hana History');
    await desk.page.keyboard.press('Escape');
    await eventually(() => desk.page.url()).not.toContain('#');
    await desk.page.goBack();
    await eventually(() => desk.page.url()).toBe(ELSEWHERE);
    await desk.page.close();
  });

  it('opens what is chosen after Esc, before the browser is back at the list', async () => {
    const desk = await arrive(ana, url());
    await desk.openThread('Hana History');
    await desk.page.evaluate(`{
      const back = history.back.bind(history);
      history.back = () => { globalThis.goBackNow = back; };
    }`);
    await desk.page.keyboard.press('Escape');
    await isAt(desk, 'the list');
    await eventually(() => desk.page.evaluate('typeof goBackNow')).toBe('function');
    await desk.row('Hugo History').click();
    await isAt(desk, 'Hugo History');
    const left = desk.page.url();
    await desk.page.evaluate('goBackNow()');
    await eventually(() => desk.page.url()).not.toBe(left);
    await isAt(desk, 'Hugo History');
    await desk.page.reload();
    await isAt(desk, 'Hugo History');
    await desk.page.goBack();
    await isAt(desk, 'the list');
    await desk.page.goBack();
    await eventually(() => desk.page.url()).toBe(ELSEWHERE);
    await desk.page.close();
  });

  it('is right again after the browser refused changes of the address', async () => {
    const desk = await arrive(ana, url());
    await desk.page.evaluate(`{
      const refuse = () => { throw new DOMException('Too many in a row', 'SecurityError'); };
      Object.assign(history, { pushState: refuse, replaceState: refuse });
    }`);
    await desk.openThread('Hana History');
    await desk.openThread('Hugo History');
    await isAt(desk, 'Hugo History');
    expect(desk.page.url()).not.toContain('#');
    await desk.page.evaluate('delete history.pushState; delete history.replaceState;');
    await desk.openThread('Hedda History');
    await eventually(() => desk.page.url()).toContain('#/thread/');
    await desk.page.reload();
    await isAt(desk, 'Hedda History');
    await desk.page.goBack();
    await isAt(desk, 'the list');
    await desk.page.goBack();
    await eventually(() => desk.page.url()).toBe(ELSEWHERE);
    await desk.page.close();
  });

  it('leads back although something else happens before the window hears of it', async () => {
    const desk = await arrive(ana, url());
    await desk.openThread('Hana History');
    await desk.page.addInitScript(`addEventListener('hashchange', (event) => {
      if (!event.isTrusted) return;
      event.stopImmediatePropagation();
      globalThis.hearOfIt = () => { dispatchEvent(new HashChangeEvent('hashchange')); };
    })`);
    await desk.page.reload();
    await isAt(desk, 'Hana History');
    await desk.page.goBack();
    await eventually(() => desk.page.evaluate('typeof hearOfIt')).toBe('function');
    await desk.get('search').fill('History');
    await desk.lists('Hedda History');
    expect(desk.page.url()).not.toContain('#');
    await desk.page.evaluate('hearOfIt()');
    await isAt(desk, 'the list');
    await desk.page.close();
  });

  it('has the list behind a conversation that was come to by its address, a reload or not', async () => {
    const [hana, hugo] = [await addressOf('Hana History'), await addressOf('Hugo History')];
    const desk = await arrive(ana, hana);
    await isAt(desk, 'Hana History');
    await desk.page.reload();
    await desk.openThread('Hedda History');
    await desk.page.goBack();
    await isAt(desk, 'the list');
    await desk.page.goForward();
    await isAt(desk, 'Hedda History');
    await desk.page.goto(hugo);
    await isAt(desk, 'Hugo History');
    for (const what of ['the list', 'Hedda History', 'the list']) {
      await desk.page.goBack();
      await isAt(desk, what);
    }
    await desk.page.goBack();
    await eventually(() => desk.page.url()).toBe(ELSEWHERE);
    await desk.page.close();
  });

  const screen = (desk: Desk): Promise<string | null> => desk.page.locator('.columns').getAttribute('data-screen');
  const isOn = async (desk: Desk, what: string): Promise<void> => {
    await eventually(() => screen(desk)).toBe(what);
  };
  const hash = (desk: Desk): string => new URL(desk.page.url()).hash;

  it('leads from a screen beside the inbox back to what was left for it, by the rail too, and forth again', async () => {
    const desk = await arrive(lead, url());
    await desk.openThread('Hana History');
    await eventually(() => hash(desk)).toContain('#/thread/');
    const before = await length(desk);
    await desk.get('go-reports').click();
    await eventually(() => hash(desk)).toBe('#/reports');
    await desk.get('go-team').click();
    await eventually(() => hash(desk)).toBe('#/team');
    expect(await length(desk)).toBe(before + 1);
    await desk.page.goBack();
    await isOn(desk, 'inbox');
    await isAt(desk, 'Hana History');
    await desk.page.goForward();
    await isOn(desk, 'team');
    await desk.get('filter-all').click();
    await isAt(desk, 'Hana History');
    await eventually(() => hash(desk)).toContain('#/thread/');
    expect(await length(desk)).toBe(before + 1);
    await desk.page.goBack();
    await isAt(desk, 'the list');
    await desk.page.goBack();
    await eventually(() => desk.page.url()).toBe(ELSEWHERE);
    await desk.page.close();
  });

  it('leads from a conversation back to the screen that it was opened from', async () => {
    const desk = await arrive(lead, url());
    await desk.get('go-team').click();
    await desk.get('waiting').filter({ hasText: 'Hugo History' }).locator('.waiting-body').click();
    await isAt(desk, 'Hugo History');
    await desk.openThread('Hedda History');
    await desk.page.goBack();
    await isOn(desk, 'team');
    await desk.get('waiting').first().waitFor();
    await desk.page.goForward();
    await isAt(desk, 'Hedda History');
    await desk.page.keyboard.press('Escape');
    await isAt(desk, 'the list');
    await eventually(() => hash(desk)).toBe('');
    await desk.page.goBack();
    await isOn(desk, 'team');
    await desk.page.goBack();
    await isOn(desk, 'inbox');
    await isAt(desk, 'the list');
    await desk.page.close();
  });

  it('leads to a screen by its address, by a link or after a reload, and from there to the list', async () => {
    const desk = await arrive(lead, `${url()}/#/team`);
    await desk.get('waiting').first().waitFor();
    await desk.page.reload();
    await desk.get('waiting').first().waitFor();
    await desk.page.goBack();
    await isOn(desk, 'inbox');
    await isAt(desk, 'the list');
    await desk.page.goto(`${url()}/#/reports`);
    await desk.get('figure-received').waitFor();
    await desk.page.goBack();
    await isOn(desk, 'inbox');
    await desk.page.goBack();
    await eventually(() => desk.page.url()).toBe(ELSEWHERE);
    await desk.page.close();
  });

  it('takes somebody who may not see a screen to the inbox, and says why until they go on', async () => {
    const desk = await arrive(ana, `${url()}/#/team`);
    await eventually(() => desk.get('refused-bar').textContent()).toContain('for managers and administrators');
    await eventually(() => hash(desk)).toBe('');
    await isOn(desk, 'inbox');
    await desk.openThread('Hana History');
    await eventually(() => desk.get('refused-bar').count()).toBe(0);
    await desk.page.goto(`${url()}/#/members`);
    await eventually(() => desk.get('refused-bar').textContent()).toContain('for administrators');
    await isAt(desk, 'Hana History');
    await eventually(() => hash(desk)).toContain('#/thread/');
    await desk.get('refused-bar').getByRole('button').click();
    await eventually(() => desk.get('refused-bar').count()).toBe(0);
    await desk.page.goBack();
    await isAt(desk, 'the list');
    await desk.page.goBack();
    await eventually(() => desk.page.url()).toBe(ELSEWHERE);
    await desk.page.close();
  });

  it('is where somebody wanted to go once they have logged in', async () => {
    const desk = await Desk.arrive(browser(), `${url()}/#/reports`);
    await desk.logIn('lead@demo.test', product.passwordOf('lead@demo.test'));
    await desk.get('figure-received').waitFor();
    expect(hash(desk)).toBe('#/reports');
    await desk.close();
  });
});
