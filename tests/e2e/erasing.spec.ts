/** Handing out and erasing all that is stored of a customer, on screen. */
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ExportRecord } from '../../src/contract/personal-data.ts';
import { describeInBrowser, eventually } from './support/browser.ts';
import { Desk } from './support/desk.ts';
import { openDesk, startProduct, type Product } from './support/product.ts';

/** Everything that the browser of a desk keeps, in this window and for all of them. */
const kept = (desk: Desk): Promise<string> =>
  desk.page.evaluate('JSON.stringify([{ ...localStorage }, { ...sessionStorage }])');

const threadOf = async (desk: Desk): Promise<string> => {
  const id = await desk.page.evaluate<string>(`location.hash.slice('#/thread/'.length)`);
  expect(id).toHaveLength(36);
  return id;
};

/** Which things a file has; who did what grows by every export, and ticks by the minute. */
const stored = (records: readonly ExportRecord[]): readonly string[] =>
  records.flatMap((record) => {
    if (record.type === 'contact') return record.contact.id;
    if (record.type === 'thread') return record.thread.id;
    if (record.type === 'message') return record.message.id;
    return record.type === 'note' ? record.note.id : [];
  });

describeInBrowser('an administrator', (browser) => {
  let product: Product;
  let adele: Desk;

  beforeAll(async () => {
    product = await startProduct({ nodes: 2, visibility: 'all' });
    adele = await openDesk(browser(), product, 'admin');
  });

  afterAll(async () => {
    await adele.close();
    await product.stop();
  });

  /** Where the keyboard is. */
  const focus = (desk: Desk): Promise<string | null> =>
    desk.page.evaluate('document.activeElement?.getAttribute("data-testid")');

  it('is the only one who is offered it', async () => {
    const customer = product.customer('Olga Offered');
    await adele.hearsFrom(customer);
    await adele.get('erase-open').waitFor();
    for (const who of ['lead', 'ana'] as const) {
      const desk = await openDesk(browser(), product, who, { node: 1 });
      await desk.openThread('Olga Offered');
      await desk.get('details').waitFor();
      expect(await desk.get('personal-data').count()).toBe(0);
      await desk.close();
    }
  });

  it('exports all that is stored into a file, and goes on where a broken connection stopped it', async () => {
    const customer = await adele.hearsFrom(product.customer('Emma Export'));
    await adele.send('our answer');
    await eventually(() => customer.received()).toEqual(['our answer']);
    await storeMany(product, await threadOf(adele), 250);
    await adele.get('export-open').click();
    await adele.goOffline();
    await adele.get('export-start').click();
    await adele.get('export-problem').getByText('nothing was saved').waitFor();
    await adele.comeBack();
    const [download] = await Promise.all([adele.page.waitForEvent('download'), adele.get('export-start').click()]);
    expect(download.suggestedFilename()).toMatch(/^Emma Export \d{4}-\d\d-\d\d\.ndjson$/);
    const text = await readFile(await download.path(), 'utf8');
    const records = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as ExportRecord);
    await adele
      .get('export-said')
      .getByText(`Done: ${String(records.length)} records`)
      .waitFor();
    const rest = await adele.page.evaluate<ExportRecord[]>(`(async () => {
      const { token, tenantId } = JSON.parse(localStorage.getItem('hunfly.session'));
      const headers = { authorization: 'Bearer ' + token, 'x-tenant-id': tenantId };
      const path = '/api/contacts/${String(records[0]?.type === 'contact' ? records[0].contact.id : '')}/export';
      const items = [];
      for (let after = ''; after !== null;) {
        const page = await (await fetch(path + (after === '' ? '' : '?after=' + encodeURIComponent(after)), { headers })).json();
        items.push(...page.items);
        after = page.nextCursor;
      }
      return items;
    })()`);
    expect(stored(records)).toEqual(stored(rest));
    const texts = records.flatMap((record) => (record.type === 'message' ? [record.message.text] : []));
    expect(texts.sort()).toEqual(['Hello', 'our answer', ...Array.from({ length: 250 }, () => 'word')]);
    await adele.get('export-close').click();
    await eventually(() => focus(adele)).toBe('export-open');
  });

  it('erases with the keyboard alone, and not by a slip of it', async () => {
    await adele.hearsFrom(product.customer('Kim Keyboard'));
    await adele.get('erase-open').focus();
    await adele.page.keyboard.press('Enter');
    await eventually(() => focus(adele)).toBe('erase-name');
    // Nothing behind it can be reached.
    for (let times = 0; times < 9; times += 1) {
      await adele.page.keyboard.press('Tab');
      expect(
        await adele.page.evaluate(
          'document.activeElement === document.body || !!document.activeElement.closest("dialog")',
        ),
      ).toBe(true);
    }
    await adele.page.keyboard.press('Escape');
    await eventually(() => adele.get('erase').count()).toBe(0);
    await eventually(() => focus(adele)).toBe('erase-open');
    await adele.page.keyboard.press('Enter');
    await eventually(() => focus(adele)).toBe('erase-name');
    await adele.page.keyboard.type('Kim Somebody');
    await adele.page.keyboard.press('Enter');
    await adele.get('erase').getByText('neither their name nor their number').waitFor();
    await adele.page.keyboard.press('Control+A');
    await adele.page.keyboard.type('Kim Keyboard');
    await adele.page.keyboard.press('Enter');
    await adele.page.locator('[data-testid=erasing][data-through=true]').waitFor();
    await adele.get('erasing-said').getByText('Erased: 1 message').waitFor();
    await adele.page.keyboard.press('Escape');
    await eventually(() => adele.get('erase').count()).toBe(0);
    await eventually(() => focus(adele)).toBe('erased');
    await adele.lists('Kim Keyboard', 0);
    await adele.page.keyboard.press('Tab');
    await adele.page.keyboard.press('Enter');
    await adele.get('no-thread').getByText('Choose a conversation').waitFor();
  });

  it('says plainly why it was not done, and does it when it can be', async () => {
    const customer = await adele.hearsFrom(product.customer('Nora Number'));
    await adele.get('erase-open').click();
    await adele.get('erase-name').fill(customer.phone);
    await adele.goOffline();
    await adele.get('erase-confirmed').click();
    await adele.get('erase-problem').getByText('nobody knows whether it was done').waitFor();
    await adele.comeBack();
    await adele.get('erase-confirmed').click();
    await adele.get('erasing').waitFor();
    await adele.get('erasing-done').click();
    await adele.get('erased').waitFor();
  });

  it('takes it from every window of everybody, with all that was begun there, and says so', async () => {
    const customer = await adele.hearsFrom(product.customer('Zerlina Quux'));
    const threadId = await threadOf(adele);
    const url = product.nodes[1]?.url ?? '';
    const ana = await openDesk(browser(), product, 'ana', { node: 1 });
    await ana.openThread('Zerlina Quux');
    const other = await Desk.beside(ana, url);
    await other.openThread('Zerlina Quux');
    await other.get('file-input').setInputFiles({
      ...{ name: 'list.pdf', mimeType: 'application/pdf', buffer: Buffer.from('%PDF-1.4 of Zerlina') },
    });
    await other.get('tray-file').waitFor();
    await ana.get('composer').fill('dear Zerlina, about your');
    // One is away with something that was not sent, and one has closed the browser on a draft.
    const bruno = await openDesk(browser(), product, 'bruno', { node: 1 });
    await bruno.openThread('Zerlina Quux');
    await bruno.goOffline();
    await bruno.send('Zerlina, on the train');
    await bruno.get('composer').fill('and one more thing, Zerlina');
    const lena = await openDesk(browser(), product, 'lead', { node: 1 });
    await lena.openThread('Zerlina Quux');
    await lena.get('composer').fill('Zerlina, tomorrow');
    for (const desk of [ana, lena]) await eventually(() => kept(desk)).toContain(threadId);
    await eventually(() => kept(bruno)).toMatch(/on the train.*one more thing|one more thing.*on the train/);
    const blank = await lena.page.context().newPage();
    await lena.page.close();

    await adele.get('erase-open').click();
    await adele.get('erase-name').fill('Zerlina Quux');
    await adele.get('erase-confirmed').click();
    for (const desk of [ana, other]) await desk.get('erased').getByText('This conversation was erased').waitFor();
    await eventually(() => kept(ana)).not.toContain(threadId);
    await eventually(() => kept(other)).not.toContain(threadId);
    await eventually(() => ana.page.content()).not.toContain('Zerlina');
    await eventually(() => ana.page.evaluate('location.hash')).toBe('');
    await eventually(() => focus(ana)).toBe('erased');

    await bruno.comeBack();
    await bruno.get('erased').waitFor();
    await eventually(() => kept(bruno)).not.toContain(threadId);
    await blank.goto(url);
    const read = (): Promise<string> => blank.evaluate('JSON.stringify({ ...localStorage })');
    await blank.locator('[data-testid=connection-state][data-phase=live]').waitFor();
    await eventually(read).not.toContain(threadId);
    await adele.page.locator('[data-testid=erasing][data-through=true]').waitFor();
    await adele.get('erasing-done').click();

    // Nothing of what was begun has reached her; who writes again is somebody new.
    await customer.writes('me again');
    await ana.openThread('Zerlina Quux');
    await eventually(() => ana.texts()).toEqual(['me again']);
    expect(await ana.get('composer').inputValue()).toBe('');
    expect(await threadOf(ana)).not.toBe(threadId);
    await ana.send('welcome');
    await eventually(() => customer.received()).toEqual(['welcome']);
    await Promise.all([ana.close(), bruno.close(), lena.page.context().close()]);
  });

  it('leaves no way back to it in the window’s history, and the list where it was', async () => {
    const [first, second] = [product.customer('Hanna History'), product.customer('Ida Instead')];
    const ana = await openDesk(browser(), product, 'ana', { node: 1 });
    await second.writes('Hello');
    await ana.hearsFrom(first);
    const threadId = await threadOf(ana);
    await adele.openThread('Hanna History');
    await adele.get('erase-open').click();
    await adele.get('erase-name').fill('Hanna History');
    await adele.get('erase-confirmed').click();
    await ana.get('erased').waitFor();
    await eventually(() => ana.page.evaluate('location.hash')).toBe('');
    const length = await ana.page.evaluate<number>('history.length');
    // A conversation that is opened now takes its place.
    await ana.openThread('Ida Instead');
    expect(await ana.page.evaluate<number>('history.length')).toBe(length);
    await ana.page.goBack();
    await ana.get('no-thread').getByText('Choose a conversation').waitFor();
    await ana.page.goForward();
    await ana.page.getByRole('heading', { level: 2, name: 'Ida Instead' }).waitFor();
    await eventually(() => ana.page.evaluate('location.hash')).not.toContain(threadId);
    // Who follows an old link is told as well, and back from there is the list.
    await ana.page.evaluate(`location.hash = '#/thread/${threadId}'`);
    await ana.get('erased').waitFor();
    await eventually(() => ana.page.evaluate('location.hash')).toBe('');
    await ana.page.goBack();
    await ana.get('no-thread').getByText('Choose a conversation').waitFor();
    await adele.get('erasing-done').click();
    await ana.close();
  });
});

/** As if the customer had written this often before. */
async function storeMany({ database }: Product, threadId: string, amount: number): Promise<void> {
  await database.run(
    'test.many',
    (sql) => sql`
      insert into messages (tenant_id, id, thread_id, account_id, direction, kind, text, status, author_type, author_id,
          provider_message_id, sent_at, received_at, position)
        select m.tenant_id, gen_random_uuid(), m.thread_id, m.account_id, m.direction, m.kind, 'word', m.status, m.author_type,
          m.author_id, m.provider_message_id || n, m.sent_at, m.received_at, m.position || lpad(n::text, 5, '0')
        from generate_series(1, ${amount}) n,
          (select * from messages where thread_id = ${threadId} and direction = 'inbound' limit 1) m`,
  );
}
