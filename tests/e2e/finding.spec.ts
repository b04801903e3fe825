/** Finding the way through the list: search, folders, filters, keys, drafts, and very many conversations. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeInBrowser, eventually } from './support/browser.ts';
import { writeOnCloud } from './support/cloud-webhooks.ts';
import { CROWD_LOGIN, seedCrowd } from './support/crowd.ts';
import { Desk } from './support/desk.ts';
import { openDesk, startProduct, type Product } from './support/product.ts';
import { drawnRows, watchRows } from './support/renders.ts';

const MANY = 5000;

describeInBrowser('the list', (browser) => {
  let product: Product;
  let ana: Desk;

  beforeAll(async () => {
    product = await startProduct({ prepare: (database) => seedCrowd(database, MANY) });
    ana = await openDesk(browser(), product, 'ana');
    // Newest on top: Cid, Bea, Abe.
    const abe = product.customer('Abe Anchor', 'evolution');
    await abe.writes('The code on my voucher is XYLOPHONE-7', { agoMs: 60_000 });
    await abe.writes('Never mind', { agoMs: 50_000 });
    await product.customer('Bea Bridge').writes('Do you deliver to Porto?', { agoMs: 40_000 });
    await product.customer('Cid Castle').writes('My bill is wrong', { agoMs: 30_000 });
    for (const name of ['Abe Anchor', 'Bea Bridge', 'Cid Castle']) await ana.row(name).waitFor();
  });

  afterAll(async () => {
    await ana.close();
    await product.stop();
  });

  it('is searched by name, by number, and by text anywhere in a conversation', async () => {
    const search = ana.get('search');
    await eventually(() => ana.names()).toEqual(['Cid Castle', 'Bea Bridge', 'Abe Anchor']);
    await search.fill('bridge');
    await eventually(() => ana.names()).toEqual(['Bea Bridge']);
    await search.fill('xylophone');
    await eventually(() => ana.names()).toEqual(['Abe Anchor']);
    await search.fill('zzz nothing like that');
    await eventually(() => ana.get('no-results').textContent()).toContain('zzz nothing like that');
    await search.press('Escape');
    await eventually(() => ana.names()).toHaveLength(3);
  });

  it('is narrowed by folder, state, tag and number, with counts that follow', async () => {
    await ana.openThread('Cid Castle');
    await ana.get('assign-me').click();
    await ana.get('tag-input').fill('billing');
    await ana.get('tag-input').press('Enter');
    await ana.get('status-select').selectOption('pending');
    await eventually(async () => [
      await ana.count('mine'),
      await ana.count('unassigned'),
      await ana.count('all'),
    ]).toEqual([1, 2, 3]);
    await ana.get('filter-mine').click();
    await eventually(() => ana.names()).toEqual(['Cid Castle']);
    await ana.get('filter-unassigned').click();
    await eventually(() => ana.names()).toEqual(['Bea Bridge', 'Abe Anchor']);
    await ana.get('filter-all').click();
    await ana.get('narrow').click();
    await ana.get('filter-tag').selectOption('billing');
    await eventually(() => ana.names()).toEqual(['Cid Castle']);
    await ana.get('filter-tag').selectOption('');
    await ana.get('filter-status').selectOption('pending');
    await eventually(() => ana.names()).toEqual(['Cid Castle']);
    await ana.get('filter-status').selectOption('active');
    await ana.get('filter-account').selectOption({ label: 'Acme Shop' });
    await eventually(() => ana.names()).toEqual(['Abe Anchor']);
    // A search looks where the list is narrowed to, says so where it finds nothing, and leaves the list as it was.
    await ana.get('search').fill('r');
    await eventually(() => ana.names()).toEqual(['Abe Anchor']);
    await ana.get('search').fill('bridge');
    await ana.get('search-everywhere').click();
    await eventually(() => ana.names()).toEqual(['Bea Bridge']);
    await eventually(() => ana.get('narrow').getAttribute('data-active')).toBe('true');
    await ana.get('search').press('Escape');
    await eventually(() => ana.names()).toEqual(['Abe Anchor']);
    await ana.get('narrow').click();
    await eventually(() => ana.names()).toHaveLength(3);
  });

  it('is walked with J and K, and E resolves', async () => {
    const title = ana.page.locator('main h2');
    await ana.openThread('Cid Castle');
    await ana.get('timeline').click();
    await ana.page.keyboard.press('j');
    await eventually(() => title.textContent()).toBe('Bea Bridge');
    await ana.page.keyboard.press('j');
    await eventually(() => title.textContent()).toBe('Abe Anchor');
    await ana.page.keyboard.press('k');
    await eventually(() => title.textContent()).toBe('Bea Bridge');
    await ana.page.keyboard.press('r');
    await ana.page.keyboard.type('jke');
    await eventually(() => ana.get('composer').inputValue()).toBe('jke');
    await ana.get('composer').fill('');
    await ana.page.keyboard.press('Escape');
    await ana.page.keyboard.press('e');
    await eventually(() => ana.names()).toEqual(['Cid Castle', 'Abe Anchor']);
    await eventually(() => ana.get('resolve').textContent()).toContain('Reopen');
    await ana.get('resolve').click();
    await eventually(() => ana.names()).toHaveLength(3);
  });

  it('never loses the focus: after sending, taking, resolving, and under a window', async () => {
    const focused = (): Promise<string> =>
      ana.page.evaluate<string>("document.activeElement.getAttribute('data-testid') ?? document.activeElement.tagName");
    await ana.openThread('Bea Bridge');
    await ana.get('assign-me').focus();
    await ana.page.keyboard.press('Enter');
    await eventually(focused).toBe('composer');
    await ana.page.keyboard.type('We do');
    await ana.get('send').click();
    await eventually(focused).toBe('composer');
    await ana.get('resolve').focus();
    await ana.page.keyboard.press('Enter');
    await eventually(() => ana.get('resolve').textContent()).toContain('Reopen');
    await eventually(() => focused()).toBe('resolve');
    // Others hear of it before whoever did it has the answer; until then the button takes nothing.
    await eventually(() => ana.get('resolve').getAttribute('aria-disabled')).toBe('false');
    await ana.page.keyboard.press('Enter');
    await eventually(() => ana.get('resolve').textContent()).toContain('Resolve');

    // Keys mean the window on top, not the inbox below it.
    await ana.page.keyboard.press('?');
    await ana.get('help').waitFor();
    await ana.page.keyboard.press('e');
    await ana.page.keyboard.press('Escape');
    await eventually(() => ana.get('help').count()).toBe(0);
    await eventually(() => ana.page.locator('main h2').textContent()).toBe('Bea Bridge');
    await eventually(() => ana.get('status-select').inputValue()).toBe('open');
    // What a window asks for first can be typed at once, and a key leads to the tags although they are not on screen.
    await ana.page.keyboard.press('c');
    await eventually(focused).toBe('begin-to');
    await ana.page.keyboard.press('Escape');
    await eventually(() => ana.get('new-conversation').count()).toBe(0);
    await ana.page.keyboard.press(']');
    await ana.page.keyboard.press('t');
    await eventually(focused).toBe('tag-input');
  });

  it('leads to a long conversation that does not jump while older pages come, and back to its end at once', async () => {
    const lara = product.customer('Lara Long');
    const lines = Array.from({ length: 130 }, (_, index) => `Line ${String(index + 1)}`);
    await writeOnCloud(
      product,
      lara,
      lines.map((body) => ({ type: 'text', text: { body } })),
    );
    await ana.openThread('Lara Long');
    await ana.bubble('Line 130').waitFor();
    const timeline = ana.get('timeline');
    await timeline.hover();
    // How far the uppermost line on screen moved while the wheel turned by a little, and the turn, once it is drawn.
    const mark = `(() => {
      const list = document.querySelector('[data-testid=timeline]');
      const lines = [...list.querySelectorAll('[data-message-id]')];
      const top = list.getBoundingClientRect().top;
      globalThis.marked = lines.find((line) => line.getBoundingClientRect().top > top);
      globalThis.markedAt = globalThis.marked.getBoundingClientRect().top;
      globalThis.turn = new Promise((done) => {
        const drawn = () => requestAnimationFrame(() => requestAnimationFrame(done));
        list.addEventListener('wheel', drawn, { once: true, passive: true });
      });
    })()`;
    const jumps: number[] = [];
    await eventually(async () => {
      await ana.page.evaluate(mark);
      await ana.page.mouse.wheel(0, -200);
      await ana.page.evaluate('globalThis.turn');
      const moved = await ana.page.evaluate<number>(
        'globalThis.marked.getBoundingClientRect().top - globalThis.markedAt',
      );
      // Never more than the wheel turned twice, should two turns fall together; heights are rounded to whole pixels.
      if (moved > 400 || moved < -1) jumps.push(moved);
      return await timeline.textContent();
    }).toContain('The conversation begins here');
    await eventually(() => ana.get('message').count()).toBe(130);
    expect(jumps).toEqual([]);

    await lara.writes('And one more');
    const toEnd = ana.page.getByRole('button', { name: 'Go to the newest message' });
    await eventually(() => toEnd.textContent()).toContain('1 new message');
    await toEnd.click();
    await eventually(() => toEnd.count()).toBe(0);
    await ana.get('resolve').click();
  });

  it('keeps a draft per conversation over a reload', async () => {
    await ana.openThread('Abe Anchor');
    await ana.get('composer').fill('Dear Abe');
    await ana.openThread('Bea Bridge');
    await eventually(() => ana.get('composer').inputValue()).toBe('');
    await ana.get('composer').fill('Dear Bea');
    await ana.page.reload();
    await ana.isLive();
    await eventually(() => ana.get('composer').inputValue()).toBe('Dear Bea');
    await ana.openThread('Abe Anchor');
    await eventually(() => ana.get('composer').inputValue()).toBe('Dear Abe');
    await eventually(() => ana.row('Bea Bridge').textContent()).toContain('Draft: Dear Bea');
  });

  it('is dark or light as the person likes, over a reload too', async () => {
    const luminance = async (): Promise<number> => {
      const colour = await ana.page.evaluate<string>(
        "getComputedStyle(document.querySelector('.pane-list')).backgroundColor",
      );
      return (colour.match(/[\d.]+/g) ?? []).slice(0, 3).reduce((sum, part) => sum + Number(part), 0) / 3;
    };
    await eventually(luminance).toBeGreaterThan(200);
    await ana.get('theme').click();
    await ana.page.getByRole('button', { name: 'Theme: light' }).click();
    await eventually(luminance).toBeLessThan(60);
    await ana.page.reload();
    await ana.isLive();
    await eventually(luminance).toBeLessThan(60);
  });

  it(`of ${String(MANY)} conversations is scrolled to the very last, drawing only what is on screen`, async () => {
    const mona = await Desk.open(browser(), { url: product.nodes[0]?.url ?? '', ...CROWD_LOGIN });
    await mona.lists('Person 00001');
    await eventually(() => mona.count('all')).toBe(MANY);
    // A first page of what is found is not all there is.
    await mona.get('search').fill('Person');
    await eventually(() => mona.get('shown-count').textContent()).toMatch(/^\d+\+$/);
    await mona.get('search').press('Escape');
    const list = mona.get('thread-list');
    await list.hover();
    await eventually(async () => {
      await mona.page.mouse.wheel(0, 20_000);
      return await mona.names();
    }).toContain(`Person 0${String(MANY)}`);
    await eventually(() => mona.get('thread-row').count()).toBeLessThan(60);
    await mona.openThread(`Person 0${String(MANY)}`);
    await mona.bubble(`Question number ${String(MANY)}`).waitFor();

    // What is looked for next is shown from its beginning, not from where the list before stood.
    await mona.get('search').fill('Person');
    await eventually(() => mona.names()).toContain('Person 00001');

    // And the other way: what is far down is found at once.
    await mona.get('search').fill('Person 04321');
    await eventually(() => mona.names()).toEqual(['Person 04321']);
    await mona.get('search').fill('15560001234');
    await eventually(() => mona.names()).toEqual(['Person 01234']);
    await mona.close();
  });

  it('is where "back" leads from a conversation, and Enter in the search opens what was found', async () => {
    const mona = await Desk.open(browser(), { url: product.nodes[0]?.url ?? '', ...CROWD_LOGIN });
    const title = mona.page.locator('main h2');
    await mona.get('search').fill('Person 01234');
    await mona.lists('Person 01234');
    await mona.get('search').press('Enter');
    await eventually(() => title.textContent()).toBe('Person 01234');
    // Before the answer is there: what is found then, and nothing that was listed before.
    await mona.get('search').fill('Person 02345');
    await mona.get('search').press('Enter');
    await eventually(() => title.textContent()).toBe('Person 02345');
    await mona.page.keyboard.press('Escape');
    await mona.openThread('Person 00001');
    await mona.openThread('Person 00002');
    await mona.page.goBack();
    await eventually(() => title.textContent()).toBe('Choose a conversation');
    await mona.page.goForward();
    await eventually(() => title.textContent()).toBe('Person 00002');
    await mona.close();
  });

  it('is not needed for a conversation whose address is known, however far back it lies, resolved or not', async () => {
    const [far, other] = await product.database.run(
      'test.far',
      (sql) => sql<{ id: string; name: string }[]>`
      select t.id, c.display_name as name from threads t join contacts c on c.tenant_id = t.tenant_id and c.id = t.contact_id
      where c.display_name in ('Person 04000', 'Person 04500') order by name`,
    );
    const url = product.nodes[0]?.url ?? '';
    const mona = await Desk.open(browser(), { url, ...CROWD_LOGIN });
    const title = mona.page.locator('main h2');
    await mona.page.goto(`${url}/#/thread/${far?.id ?? ''}`);
    await eventually(() => title.textContent()).toBe('Person 04000');
    await mona.bubble('Question number 4000').waitFor();
    await mona.get('resolve').click();
    await eventually(() => mona.get('resolve').textContent()).toContain('Reopen');
    await mona.page.reload();
    await mona.bubble('Question number 4000').waitFor();
    await eventually(() => mona.get('resolve').textContent()).toContain('Reopen');
    // What is shown of the list is its beginning all the same.
    await eventually(async () => (await mona.names())[0]).toBe('Person 00001');
    expect(await mona.row('Person 04000').count()).toBe(0);
    await mona.page.goto(`${url}/#/thread/${other?.id ?? ''}`);
    await eventually(() => title.textContent()).toBe('Person 04500');
    await mona.page.goto(`${url}/#/thread/01a21d1d-0000-73ae-8845-269d812130e4`);
    await eventually(() => mona.get('no-thread').textContent()).toContain('not in your view');
    // Nothing is known of another one before it could be asked for.
    await mona.goOffline();
    await mona.page.goto(`${url}/#/thread/01a21d1d-0000-73ae-8845-269d812130e5`);
    await eventually(() => mona.get('no-thread').textContent()).toContain('Opening the conversation');
    await mona.close();
  });

  it('is leafed through with a key held down, and the conversation where that ends is open', async () => {
    const mona = await Desk.open(browser(), { url: product.nodes[0]?.url ?? '', ...CROWD_LOGIN });
    await mona.openThread('Person 00001');
    for (let pressed = 0; pressed < 80; pressed += 1) await mona.page.keyboard.press('j');
    await eventually(() => mona.page.locator('main h2').textContent()).toBe('Person 00081');
    await mona.bubble('Question number 81').waitFor();
    await eventually(() => mona.row('Person 00081').getByTestId('unread').count()).toBe(0);
    await mona.close();
  });

  it(`of ${String(MANY)} conversations draws one row anew when one conversation changes`, async () => {
    const crowd = { url: product.nodes[0]?.url ?? '', ...CROWD_LOGIN };
    const [mona, other] = await Promise.all([Desk.open(browser(), crowd), Desk.open(browser(), crowd)]);
    await watchRows(mona.page);
    await mona.page.reload();
    await mona.isLive();
    await mona.lists('Person 00005');
    const row = mona.row('Person 00005');
    await other.openThread('Person 00005');
    await eventually(() => row.getByTestId('unread').count()).toBe(0);
    await drawnRows(mona.page);
    await other.get('tag-input').fill('urgent');
    await other.get('tag-input').press('Enter');
    await eventually(() => row.textContent()).toContain('urgent');
    expect(await drawnRows(mona.page)).toEqual([await row.getAttribute('data-thread-id')]);

    // Another list is another matter (the check above can fail).
    await mona.get('search').fill('Person 0123');
    await mona.lists('Person 01234');
    expect((await drawnRows(mona.page)).length).toBeGreaterThan(5);
    await Promise.all([mona.close(), other.close()]);
  });
});
