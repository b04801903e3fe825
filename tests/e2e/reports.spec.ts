/** How the last days were: a lead sees the team's figures, an agent their own. */
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { TenantId } from '../../src/contract/ids.ts';
import { setRole } from '../../src/inbox/team/admin.ts';
import { describeInBrowser, eventually } from './support/browser.ts';
import type { Desk } from './support/desk.ts';
import { openDesk, startProduct, type Product, type Who } from './support/product.ts';

/** A zone in which it is noon now: no day ends between what somebody does and what they read of it. */
function zoneAtNoon(): string {
  const ahead = 12 - new Date().getUTCHours();
  // The sign of these names is that of the way to Greenwich.
  return `Etc/GMT${ahead > 0 ? '-' : '+'}${String(Math.abs(ahead))}`;
}

describeInBrowser('reports', (browser) => {
  let product: Product;
  let ana: Desk;
  let lead: Desk;

  const open = (who: Who): Promise<Desk> =>
    openDesk(browser(), product, who, { context: { timezoneId: zoneAtNoon() } });
  /** Null where there is no such figure. */
  const figure = async (desk: Desk, name: string): Promise<string | null> =>
    (await desk.get(`figure-${name}`).locator('.tile-figure').allTextContents())[0] ?? null;
  const demoTenant = async (): Promise<TenantId> => {
    const [tenant] = await product.database.run(
      'test.tenant',
      (sql) => sql<{ id: TenantId }[]>`select id from tenants where slug = 'demo'`,
    );
    return tenant?.id as TenantId;
  };
  const people = (): Promise<string[]> => lead.get('report-member').locator('.report-person').allTextContents();
  const saved = async (desk: Desk, what: 'days' | 'colleagues'): Promise<readonly [string, string]> => {
    const [download] = await Promise.all([desk.page.waitForEvent('download'), desk.get(`csv-${what}`).click()]);
    return [download.suggestedFilename(), await readFile(await download.path(), 'utf8')];
  };

  beforeAll(async () => {
    product = await startProduct();
    [ana, lead] = await Promise.all([open('ana'), open('lead')]);
    expect(await lead.page.evaluate('new Date().getHours()')).toBeOneOf([12, 13]);
  });

  afterAll(async () => {
    await Promise.all([ana.close(), lead.close()]);
    await product.stop();
  });

  it('say that nothing happened, as long as nothing did', async () => {
    await lead.get('go-reports').click();
    await lead.get('report-empty').waitFor();
    await eventually(() =>
      Promise.all(['received', 'begun', 'sent', 'wait'].map((name) => figure(lead, name))),
    ).toEqual([...['0', '0', '0', '–']]);
    await eventually(() => lead.get('chart').count()).toBe(0);
  });

  it('tell a lead what came, what was done, by whom and how long customers waited', async () => {
    await product.customer('Nia Next').writes('Is there anybody?', { agoMs: 600_000 });
    await product.customer('Wim Waits').writes('I have been waiting');
    await ana.openThread('Nia Next');
    await ana.send('Somebody is here');
    await eventually(() => ana.tick('Somebody is here')).toMatch(/sent|delivered|read/);
    await ana.get('resolve').click();
    await eventually(() => ana.get('resolve').textContent()).toContain('Reopen');
    await lead.get('filter-all').click();
    await lead.openThread('Wim Waits');
    await lead.send('I am here too');
    await eventually(() => lead.tick('I am here too')).toMatch(/sent|delivered|read/);

    await lead.get('go-reports').click();
    await eventually(async () => {
      await lead.readReportAgain();
      return Promise.all(['received', 'begun', 'sent', 'resolved', 'answered'].map((name) => figure(lead, name)));
    }).toEqual(['2', '2', '2', '1', '2']);
    expect(await figure(lead, 'wait')).not.toBe('–');
    await lead.get('counted-until').waitFor();
    expect(await people()).toEqual(['Ana Prado', 'Lena Lead']);
    await lead.get('days-open').click();
    const today = lead.get('days-table').getByRole('row').last();
    expect((await today.getByRole('cell').allTextContents()).slice(0, 5)).toEqual(['2', '2', '2', '1', '2']);
    await eventually(() => lead.get('days-table').getByRole('row').count()).toBe(8);
  });

  it('put the team in the order of any column, with keys too, and say which', async () => {
    const heading = lead.get('people-table').getByRole('columnheader', { name: 'Resolved' });
    await lead.get('sort-resolved').focus();
    await lead.page.keyboard.press('Enter');
    await eventually(() => heading.getAttribute('aria-sort')).toBe('descending');
    expect(await people()).toEqual(['Ana Prado', 'Lena Lead']);
    await lead.page.keyboard.press('Enter');
    await eventually(() => heading.getAttribute('aria-sort')).toBe('ascending');
    expect(await people()).toEqual(['Lena Lead', 'Ana Prado']);
  });

  it('are saved as files for a spreadsheet', async () => {
    const [name, colleagues] = await saved(lead, 'colleagues');
    expect(name).toMatch(/^colleagues-\d{4}-\d\d-\d\d-\d{4}-\d\d-\d\d\.csv$/);
    expect(colleagues).toMatch(/^Ana Prado,1,1,1,\d+,\d+\r$/m);
    const [, days] = await saved(lead, 'days');
    expect(days.trim().split('\r\n')).toHaveLength(8);
    expect(days).toMatch(/,2,2,2,1,2,\d+,\d+\r\n$/);
  });

  it('are about any days, and say which cannot be asked for', async () => {
    await lead.get('range-own').click();
    const first = await lead.get('range-from').inputValue();
    const last = await lead.get('range-to').inputValue();
    await lead.get('range-from').fill('2020-01-01');
    await eventually(() => lead.get('range-problem').textContent()).toContain('92 days');
    await lead.get('range-to').fill('2020-01-31');
    await lead.get('report-empty').waitFor();
    await lead.get('range-to').fill('2019-12-31');
    await eventually(() => lead.get('range-problem').textContent()).toContain('before');
    await lead.get('range-to').fill(last);
    await lead.get('range-from').fill(first);
    await eventually(() => figure(lead, 'received')).toBe('2');
    await eventually(() => lead.get('range-problem').textContent()).toBe('');
  });

  it('are about days that are typed, key by key', async () => {
    const from = lead.get('range-from');
    const before = await from.inputValue();
    await from.focus();
    await lead.page.keyboard.type('01022020');
    expect(await from.inputValue()).toBe('2020-01-02');
    await eventually(() => lead.get('range-problem').textContent()).toContain('92 days');
    await from.fill(before);
    await eventually(() => figure(lead, 'received')).toBe('2');
  });

  it('tell an agent what they did themselves, and of nobody else', async () => {
    await ana.get('go-reports').click();
    await eventually(() => ana.page.locator('h1').textContent()).toBe('My reports');
    await ana.get('figure-sent').waitFor();
    expect(await Promise.all(['sent', 'resolved', 'answered'].map((name) => figure(ana, name)))).toEqual([
      ...['1', '1', '1'],
    ]);
    expect([await figure(ana, 'received'), await figure(ana, 'begun')]).toEqual([null, null]);
    expect(await ana.get('people-table').count()).toBe(0);
    const [, days] = await saved(ana, 'days');
    expect(days).not.toContain('Received');
  });

  it('are asked for again when they could not be had', async () => {
    const tester = await open('admin');
    let refusals = 1;
    await tester.page.routeWebSocket(/socket\.io/, (socket) => {
      const server = socket.connectToServer();
      socket.onMessage((message) => {
        const id = /^42(\d+)\["report:read"/.exec(String(message))?.[1];
        refusals -= id === undefined ? 0 : 1;
        if (id === undefined || refusals < 0) server.send(message);
        else socket.send(`43${id}[{"ok":false,"error":{"code":"unavailable","message":"Not at the moment."}}]`);
      });
    });
    await tester.page.reload();
    await tester.get('go-reports').click();
    await eventually(() => tester.get('report-failed').textContent()).toContain('Not at the moment.');
    await tester.get('report-again').click();
    await eventually(() => figure(tester, 'received')).toBe('2');
    await tester.close();
  });

  it('say the day on which counting stopped, and keep large figures within their tiles', async () => {
    const tester = await open('admin');
    await tester.page.routeWebSocket(/socket\.io/, (socket) => {
      const server = socket.connectToServer();
      server.onMessage((message) => {
        const late = String(message).replace(/"countedUntil":"[^"]*"/, '"countedUntil":"2025-03-04T05:06:07.000Z"');
        socket.send(late.replace(/"total":\{"received":\d+/, '"total":{"received":123456789'));
      });
      socket.onMessage((message) => {
        server.send(message);
      });
    });
    await tester.page.reload();
    await tester.get('go-reports').click();
    // Where there is no figure, what is on screen says why.
    const shown = async () => (await figure(tester, 'received')) ?? (await tester.page.locator('body').innerText());
    await eventually(shown).toBe('123,456,789');
    await eventually(() => tester.get('counted-until').textContent()).toContain('2025');
    const spilled = await tester.page
      .locator('.tile-figure')
      .evaluateAll((figures) => figures.filter(({ scrollWidth, clientWidth }) => scrollWidth > clientWidth).length);
    expect(spilled).toBe(0);
    await tester.close();
  });

  it('are not read again for a tab that nobody sees, but at once when it is seen', async () => {
    const tester = await open('admin');
    await tester.page.addInitScript(`{
      const { send } = WebSocket.prototype;
      window.asked = 0;
      WebSocket.prototype.send = function (frame) {
        window.asked += Number(String(frame).includes('"report:read"'));
        return send.call(this, frame);
      };
      const everyMs = setInterval;
      window.minutes = 0;
      window.setInterval = (run, ms) => ms === 60000 ? everyMs(() => { if (!window.stopped) run(); window.minutes += 1; }, 100) : everyMs(run, ms);
      window.show = (visibility) => {
        Object.defineProperty(document, 'visibilityState', { configurable: true, value: visibility });
        document.dispatchEvent(new Event('visibilitychange'));
      };
    }`);
    await tester.page.reload();
    await tester.get('go-reports').click();
    const asked = (): Promise<number> => tester.page.evaluate('window.asked');
    const minutes = (): Promise<number> => tester.page.evaluate('window.minutes');
    await eventually(asked).toBeGreaterThan(2);
    await tester.page.evaluate('window.show("hidden")');
    const since = await minutes();
    // What was asked before may leave a little later.
    await eventually(minutes).toBeGreaterThan(since + 2);
    const before = await asked();
    await eventually(minutes).toBeGreaterThan(since + 7);
    expect(await asked()).toBe(before);
    await tester.page.evaluate('window.stopped = true; window.show("visible")');
    await eventually(asked).toBeGreaterThan(before);
    await tester.close();
  });

  it('tell who looks after the platform how much comes and goes, and the inbox that conversations are for the team', async () => {
    const tenantId = await demoTenant();
    await setRole(product.database, { tenantId, email: 'bruno@demo.test' }, 'super_admin');
    const operator = await openDesk(browser(), product, 'bruno');
    await operator.get('empty-list').getByText('Conversations are for the team').waitFor();
    expect(await operator.get('new').count()).toBe(0);
    await operator.page.keyboard.press('c');
    await operator.get('go-reports').focus();
    await operator.page.keyboard.press('Enter');
    await eventually(() => figure(operator, 'received')).toBe('2');
    expect(await operator.get('new-conversation').count()).toBe(0);
    expect([await figure(operator, 'wait'), await operator.get('people-table').count()]).toEqual([null, 0]);
    await operator.close();
  });

  it('shrink to their own figures for who leads no longer, at once', async () => {
    await eventually(() => figure(lead, 'received')).toBe('2');
    await setRole(product.database, { tenantId: await demoTenant(), email: 'lead@demo.test' }, 'agent');
    await eventually(() => figure(lead, 'received')).toBeNull();
    await eventually(() => figure(lead, 'sent')).toBe('1');
    await eventually(() => lead.get('people-table').count()).toBe(0);
  });
});
