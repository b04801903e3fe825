/** Conversations that somebody leaves for later: unread for the team, whoever has them open. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { TenantId } from '../../src/contract/ids.ts';
import { setRole } from '../../src/inbox/team/admin.ts';
import { describeInBrowser, eventually } from './support/browser.ts';
import type { Customer } from './support/customer.ts';
import type { Desk } from './support/desk.ts';
import { aDocument } from './support/files.ts';
import { openDesk, startProduct, type Product } from './support/product.ts';

describeInBrowser('marked as unread', (browser) => {
  let product: Product;
  let ana: Desk;
  let lead: Desk;

  beforeAll(async () => {
    product = await startProduct({ nodes: 2, visibility: 'all' });
    [ana, lead] = await Promise.all([
      openDesk(browser(), product, 'ana'),
      openDesk(browser(), product, 'lead', { node: 1 }),
    ]);
  });

  afterAll(async () => {
    await Promise.all([ana.close(), lead.close()]);
    await product.stop();
  });

  const badge = (desk: Desk, name: string): Promise<string> =>
    desk
      .row(name)
      .getByTestId('unread')
      .allTextContents()
      .then((texts) => texts.join());

  const isUnread = async (name: string, count: string, desks: readonly Desk[] = [ana, lead]): Promise<void> => {
    for (const desk of desks) await eventually(() => badge(desk, name)).toBe(count);
  };

  /** Another conversation is opened and read from beginning to end: whoever meant to read by themselves would have. */
  const readingTakes = async (desk: Desk): Promise<void> => {
    const other = product.customer(`Passer ${String((passers += 1))}`);
    await other.writes('Only a moment');
    await isUnread(other.name, '1', [desk]);
    await desk.openThread(other.name);
    await isUnread(other.name, '', [ana, lead]);
  };
  let passers = 0;

  /** Both have it open, and it is read. */
  const openedByBoth = async (name: string, texts: readonly string[]): Promise<Customer> => {
    const customer = product.customer(name);
    for (const text of texts) await customer.writes(text);
    await ana.openThread(name);
    await lead.openThread(name);
    await isUnread(name, '');
    return customer;
  };

  /** Rises with each message, with reading and with marking. */
  const version = (name: string): Promise<number> =>
    product.database
      .run(
        'test.version',
        (sql) => sql<{ version: number }[]>`
          select t.version from threads t join contacts c on c.id = t.contact_id where c.display_name = ${name}`,
      )
      .then((rows) => rows[0]?.version ?? 0);

  const focusedRow = (desk: Desk): Promise<string> =>
    desk.page.evaluate(`document.activeElement?.querySelector('.row-name')?.textContent ?? ''`);

  it('with U it is closed here, open and unread at a colleague’s, and read by whoever opens it anew', async () => {
    await openedByBoth('Uma Unread', ['Hello', 'Can you help?']);
    await ana.get('timeline').click();
    await ana.page.keyboard.press('u');
    await ana.get('no-thread').waitFor();
    await isUnread('Uma Unread', '1');
    await eventually(() => focusedRow(ana)).toBe('Uma Unread');
    await readingTakes(ana);
    expect([await badge(lead, 'Uma Unread'), await lead.page.locator('main h2').textContent()]).toEqual([
      '1',
      'Uma Unread',
    ]);
    await lead.row('Uma Unread').click();
    await isUnread('Uma Unread', '');
  });

  it('on a narrow screen the list comes back with the focus at its row', async () => {
    await openedByBoth('Nina Narrow', ['Hello']);
    await ana.page.setViewportSize({ width: 700, height: 800 });
    await ana.get('timeline').click();
    await ana.page.keyboard.press('u');
    await eventually(() => focusedRow(ana)).toBe('Nina Narrow');
    const ring =
      "getComputedStyle(document.activeElement).outlineStyle + document.activeElement.matches(':focus-visible')";
    expect(await ana.page.evaluate(ring)).toBe('solidtrue');
    await ana.page.setViewportSize({ width: 1280, height: 720 });
  });

  it('what comes then leaves it so, and an answer reads it all', async () => {
    const customer = await openedByBoth('Vera Visible', ['Hello']);
    await ana.get('mark-unread').click();
    await isUnread('Vera Visible', '1');
    await customer.writes('Anybody?');
    await isUnread('Vera Visible', '2');
    await readingTakes(ana);
    expect(await badge(lead, 'Vera Visible')).toBe('2');
    await lead.send('Yes, I am here.');
    await isUnread('Vera Visible', '');
    await ana.openThread('Vera Visible');
    await ana.get('mark-unread').click();
    await isUnread('Vera Visible', '1');
    await lead.get('file-input').setInputFiles([aDocument('Price list.pdf', 4000)]);
    await lead.get('composer').press('Enter');
    await isUnread('Vera Visible', '');
  });

  it('from a message on it is so at once, and the line says where', async () => {
    await openedByBoth('Mia Middle', ['One', 'Two', 'Three']);
    await ana.bubble('Two').hover();
    await ana.bubble('Two').getByRole('button', { name: 'Mark unread from here' }).click();
    await isUnread('Mia Middle', '2');
    await ana.page.keyboard.press('Enter');
    await ana.page.getByRole('heading', { level: 2, name: 'Mia Middle' }).waitFor();
    await isUnread('Mia Middle', '');
    const next = ana.page.locator('.unread-line + [data-testid=message]');
    await eventually(() => next.allTextContents()).toEqual([expect.stringContaining('Two')]);
  });

  it('in one of two windows of the same person, the other leaves it so', async () => {
    await openedByBoth('Tess Twice', ['Hello']);
    const other = await openDesk(browser(), product, 'ana', { node: 1 });
    await other.openThread('Tess Twice');
    await ana.get('mark-unread').click();
    await isUnread('Tess Twice', '1', [ana, lead, other]);
    await readingTakes(ana);
    expect(await badge(other, 'Tess Twice')).toBe('1');
    // Away and back is opened anew.
    await other.page.keyboard.press('Escape');
    await other.openThread('Tess Twice');
    await isUnread('Tess Twice', '', [ana, lead, other]);
    await other.close();
  });

  it('stays so at a colleague’s whose window begins afresh, because their role is another', async () => {
    const bruno = await openDesk(browser(), product, 'bruno');
    const tenant = await product.database.run('test.tenant', (sql) => sql<{ id: TenantId }[]>`select id from tenants`);
    await openedByBoth('Rita Role', ['Hello']);
    await bruno.openThread('Rita Role');
    await ana.get('mark-unread').click();
    await isUnread('Rita Role', '1', [ana, lead, bruno]);
    await setRole(product.database, { tenantId: tenant[0]!.id, email: 'bruno@demo.test' }, 'manager');
    await bruno.get('colleague-list').first().waitFor();
    await bruno.bubble('Hello').waitFor();
    await readingTakes(ana);
    expect(await badge(bruno, 'Rita Role')).toBe('1');
    await bruno.close();
  });

  it('stays so at a colleague’s who was offline while it was written, read and marked', async () => {
    const customer = await openedByBoth('Will While', ['Hello']);
    await lead.goOffline();
    const before = await version(customer.name);
    await customer.writes('While you were away');
    // Written, and read.
    await eventually(() => version(customer.name)).toBe(before + 2);
    await ana.bubble('While you were away').waitFor();
    await ana.get('mark-unread').click();
    await isUnread(customer.name, '1', [ana]);
    await lead.comeBack();
    await isUnread(customer.name, '1');
    await readingTakes(ana);
    expect(await badge(lead, customer.name)).toBe('1');
    await lead.row(customer.name).click();
    await isUnread(customer.name, '');
  });

  it('is read by who has it open when a merge brings unread messages, though they were written before', async () => {
    const former = product.customer('Moe Moved');
    await former.writes('From my former number');
    await isUnread(former.name, '1');
    const { name } = await openedByBoth('Mona Merged', ['Hello']);
    await lead.get('merge-open').click();
    await lead.get('merge-search').fill(former.name);
    await lead.get('merge-candidate').filter({ hasText: former.name }).click();
    await lead.get('merge-confirm').click();
    for (const desk of [ana, lead]) await desk.bubble('From my former number').waitFor();
    await isUnread(name, '');
  });

  it('without a connection it follows when that is back, once; whoever opens it again meanwhile has read it', async () => {
    await openedByBoth('Olive Offline', ['Hello']);
    await ana.goOffline();
    await ana.get('mark-unread').click();
    await ana.page.getByText('1 unsent change will follow').waitFor();
    await ana.comeBack();
    await isUnread('Olive Offline', '1');
    await ana.openThread('Olive Offline');
    await isUnread('Olive Offline', '');
    await ana.goOffline();
    await ana.get('mark-unread').click();
    await ana.openThread('Olive Offline');
    const before = await version('Olive Offline');
    await ana.comeBack();
    // Marked, and read.
    await eventually(() => version('Olive Offline')).toBe(before + 2);
    await isUnread('Olive Offline', '');
  });

  it('goes on from there with J, and is not for a conversation in which the customer wrote nothing', async () => {
    const ida = product.customer('Ida Initial', 'evolution');
    await openedByBoth('Nora Next', ['Hello']);
    await ana.get('mark-unread').click();
    await eventually(() => focusedRow(ana)).toBe('Nora Next');
    const rows = await ana.names();
    await ana.page.keyboard.press('j');
    await eventually(() => ana.page.locator('main h2').textContent()).toBe(rows[rows.indexOf('Nora Next') + 1]);
    await ana.page.keyboard.press('c');
    await ana.page.getByLabel('Through').selectOption({ label: 'Acme Shop · +15550100050' });
    await ana.get('begin-to').fill(`+${ida.phone}`);
    await ana.get('begin-text').fill('Hello from us');
    await ana.get('new-conversation').getByRole('button', { name: 'Send' }).click();
    await ana.bubble('Hello from us').waitFor();
    expect(await ana.get('mark-unread').getAttribute('aria-disabled')).toBe('true');
    await ana.get('timeline').press('u');
    // It is still open, and R goes to its answer.
    await ana.get('timeline').press('r');
    await eventually(() => ana.page.evaluate('document.activeElement?.dataset.testid')).toBe('composer');
  });
});
