/** The administrators' screen of the team. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { addMember, setRole } from '../../src/inbox/team/admin.ts';
import type { TenantId } from '../../src/contract/ids.ts';
import { describeInBrowser, eventually } from './support/browser.ts';
import { Desk } from './support/desk.ts';
import { openDesk, startProduct, type Product } from './support/product.ts';

describeInBrowser('an administrator', (browser) => {
  let product: Product;
  let adele: Desk;

  beforeAll(async () => {
    product = await startProduct({ nodes: 2 });
    adele = await openDesk(browser(), product, 'admin');
    await adele.get('go-members').click();
  });

  afterAll(async () => {
    await adele.close();
    await product.stop();
  });

  const member = (name: string) => adele.get('member').filter({ hasText: name });

  const add = async (name: string, email: string): Promise<void> => {
    await adele.get('member-add').click();
    await adele.get('member-displayName').fill(name);
    await adele.get('member-email').fill(email);
    await adele.get('member-save').click();
  };

  it('adds a colleague who logs in with the shown password, makes them lead, and removes them', async () => {
    const customer = product.customer('Wanda Writes');
    await customer.writes('Is anybody there?');
    await eventually(() => adele.get('member').count()).toBe(4);
    await add('Nia Newcomer', 'Nia@demo.test');
    const password = await adele.get('member-password').inputValue();
    await adele.get('member-copy').click();
    // It is shown once: only who says so closes it.
    for (let time = 0; time < 3; time += 1) await adele.page.keyboard.press('Escape');
    await adele.page.mouse.click(4, 4);
    await eventually(() => adele.get('member-password').inputValue()).toBe(password);
    expect(await adele.get('member-form').getByLabel('Close').count()).toBe(0);
    await adele.get('member-done').click();
    await eventually(() => adele.page.content()).not.toContain(password);
    await eventually(() => member('Nia Newcomer').textContent()).toContain('nia@demo.test');

    const login = { url: product.nodes[1]?.url ?? '', email: 'nia@demo.test', password };
    const nia = await Desk.openFirst(browser(), login, 'a-password-of-her-own');
    await nia.openThread('Wanda Writes');
    await eventually(() => member('Nia Newcomer').getByTestId('member-state').textContent()).toBe('Online');
    expect(await nia.get('colleague-list').count()).toBe(0);
    expect(await nia.get('assign-select').getByText('Ana Prado').count()).toBe(0);
    await member('Nia Newcomer').getByTestId('member-role').selectOption('manager');
    await nia.get('colleague-list').first().waitFor();
    await eventually(() => adele.get('member-outcome').textContent()).toBe('Nia Newcomer: Manager now.');

    // All of them can be chosen now; the conversation came back with the new rights.
    await nia.get('assign-select').selectOption({ label: 'Ana Prado' });
    await eventually(() => nia.get('assign-select').locator('option:checked').textContent()).toBe('Ana Prado');
    await nia.get('assign-select').selectOption({ label: 'Nia Newcomer (you)' });
    await eventually(() => nia.count('mine')).toBe(1);
    await member('Nia Newcomer').getByTestId('member-remove').click();
    await adele.get('member-confirm').getByText('Their open conversation becomes unassigned').waitFor();
    await adele.get('member-confirmed').click();
    await nia.get('login-email').waitFor();
    await eventually(() => adele.get('member').count()).toBe(4);
    await eventually(() => adele.page.locator('[data-testid=presence-member]').count()).toBe(4);
    await nia.close();
    await adele.get('filter-unassigned').click();
    await adele.lists('Wanda Writes');
    await adele.get('go-members').click();
  });

  it('adds somebody who has to choose a password of their own, and changes it without being logged out', async () => {
    await add('Omar Own', 'omar@demo.test');
    const initial = await adele.get('member-password').inputValue();
    await adele.get('member-done').click();
    const url = product.nodes[1]?.url ?? '';
    const omar = await Desk.arrive(browser(), url);
    await omar.logIn('omar@demo.test', initial);
    await omar.get('choose-password').fill(initial);
    await omar.get('choose-save').click();
    await omar.get('choose-problem').getByText('Choose another one').waitFor();
    // Nothing of it is kept: who comes back logs in again.
    await omar.page.reload();
    const second = await Desk.beside(omar, url);
    for (const desk of [omar, second]) {
      await desk.logIn('omar@demo.test', initial);
      await desk.get('choose-password').fill('a-password-of-his-own');
    }
    await omar.comeToFront();
    await omar.get('choose-save').click();
    await omar.isLive();
    // The other window has the initial password, which opens nothing any more.
    await second.comeToFront();
    await second.get('choose-save').click();
    await second.get('choose-problem').getByText('The password was changed since').waitFor();
    await second.page.close();
    await omar.page.reload();
    await omar.isLive();

    const other = await Desk.open(browser(), { url, email: 'omar@demo.test', password: 'a-password-of-his-own' });
    const tab = await omar.page.context().newPage();
    await tab.goto(url);
    const [isOut, stays] = [other.get('login-email'), tab.locator('[data-testid=connection-state][data-phase=live]')];
    await stays.waitFor();
    await omar.comeToFront();
    await omar.get('password-open').click();
    await omar.get('password-current').fill('not this one');
    await omar.get('password-new').fill('his-second-password');
    await omar.get('password-save').click();
    await omar.get('password').getByText('This is not your current password.').waitFor();
    await omar.get('password-current').fill('a-password-of-his-own');
    await omar.get('password-save').click();
    await omar.get('password').getByText('Changed.').waitFor();
    await isOut.waitFor();
    await other.get('login-notice').getByText('your password or your access was changed').waitFor();
    await omar.page.keyboard.press('Escape');
    // Both windows of this browser have the new token: it is what they come back with.
    for (const page of [omar.page, tab]) {
      await page.reload();
      await page.locator('[data-testid=connection-state][data-phase=live]').waitFor();
    }
    await omar.get('logout').click();
    await omar.logIn('omar@demo.test', 'his-second-password');
    await omar.isLive();
    // Not by close(): the browser itself tells of the refusals.
    await other.page.context().close();
    await omar.page.context().close();
  });

  it('gives somebody a new password, who is out at once and chooses another one', async () => {
    const lena = await openDesk(browser(), product, 'lead', { node: 1 });
    await member('Lena').getByTestId('member-reset').click();
    await adele.get('reset-keep').click();
    await member('Lena').getByTestId('member-reset').click();
    await adele.get('reset-confirmed').click();
    const password = await adele.get('member-password').inputValue();
    await lena.get('login-email').waitFor();
    await adele.page.keyboard.press('Escape');
    await eventually(() => adele.get('member-password').inputValue()).toBe(password);
    await adele.get('member-done').click();
    await lena.logIn('lead@demo.test', password);
    await lena.get('choose-password').fill('a-password-of-her-own');
    await lena.get('choose-save').click();
    await lena.isLive();
    await lena.page.context().close();
    expect(await member('(you)').getByTestId('member-reset').count()).toBe(0);
  });

  it('is shown the address that was added, whatever is typed before the answer comes', async () => {
    await product.database.transaction('test.hold', async (tx) => {
      await tx`select from tenant_logs for update`;
      await add('Slow Sara', 'sara@demo.test');
      await adele.get('member-email').fill('other@demo.test');
    });
    await adele.get('member-added').getByText('as sara@demo.test with this password').waitFor();
    await adele.get('member-done').click();
  });

  it('is told what is wrong with an entry, and who is a member already', async () => {
    await add('Olga', 'olga');
    await adele.get('member-form').getByText('must be an email address').waitFor();
    await adele.get('member-email').fill('bruno@demo.test');
    await adele.get('member-save').click();
    await adele.get('member-form').getByText('bruno@demo.test is a member already.').waitFor();
    await adele.page.keyboard.press('Escape');
    await eventually(() => adele.get('member-form').count()).toBe(0);
  });

  it('learns that who has a login keeps it', async () => {
    await member('Bruno').getByTestId('member-remove').click();
    await adele.get('member-confirmed').click();
    await eventually(() => member('Bruno').count()).toBe(0);
    await add('Bruno Costa', 'bruno@demo.test');
    await adele.get('member-added').getByText('has a login already').waitFor();
    expect(await adele.get('member-password').count()).toBe(0);
    await adele.get('member-done').click();
    await eventually(() => member('Bruno').count()).toBe(1);
  });

  it('who is the last one stays it, and says so in plain words', async () => {
    const own = member('(you)');
    await own.getByTestId('member-role').selectOption('agent');
    await adele.get('member-confirmed').click();
    await adele.get('member-confirm').getByText('A team needs an administrator.').waitFor();
    await adele.get('member-keep').click();
    await eventually(() => own.getByTestId('member-role').inputValue()).toBe('tenant_admin');
  });

  it('sees what another one changes, and loses the screen with the role', async () => {
    const tenantId = await tenantOf(product);
    await setRole(product.database, { tenantId, email: 'lead@demo.test' }, 'tenant_admin');
    await eventually(() => member('Lena').getByTestId('member-role').inputValue()).toBe('tenant_admin');
    const late = { email: 'late@demo.test', name: 'Late Comer', password: null, role: 'agent' } as const;
    await addMember(product.database, { ...late, tenantId });
    await eventually(() => member('Late Comer').count()).toBe(1);
    await setRole(product.database, { tenantId, email: 'admin@demo.test' }, 'manager');
    await eventually(() => adele.get('members').count()).toBe(0);
    await eventually(() => adele.get('go-members').count()).toBe(0);
  });
});

async function tenantOf({ database }: Product): Promise<TenantId> {
  const rows = await database.run(
    'test.tenant',
    (sql) => sql<{ id: TenantId }[]>`select m.tenant_id as id from tenant_members m join users u on u.id = m.user_id
      where u.email = 'admin@demo.test'`,
  );
  if (rows[0] === undefined) throw new Error('The demo tenant is missing.');
  return rows[0].id;
}
