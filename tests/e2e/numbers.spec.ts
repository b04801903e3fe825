/** The administrators' screen of numbers. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { addMember } from '../../src/inbox/team/admin.ts';
import { createTenant } from '../../src/inbox/tenants/admin.ts';
import { describeInBrowser, eventually } from './support/browser.ts';
import { Desk } from './support/desk.ts';
import { openDesk, startProduct, type Product } from './support/product.ts';

describeInBrowser('an administrator', (browser) => {
  let product: Product;

  beforeAll(async () => {
    product = await startProduct();
  });

  afterAll(async () => {
    await product.stop();
  });

  it('adds, tests and takes out of use a number, and is told what is wrong with an entry', async () => {
    const adele = await openDesk(browser(), product, 'admin');
    await adele.get('go-numbers').click();
    await eventually(() => adele.get('number').count()).toBe(2);

    await adele.get('number-add').click();
    await adele.get('number-provider').selectOption('evolution');
    await adele.get('number-name').fill('Second shop');
    await adele.get('number-externalId').fill('second-shop');
    await adele.get('number-phone').fill('12');
    await adele.get('number-save').click();
    await adele.get('number-form').getByText('must be E.164').first().waitFor();
    await adele.get('number-phone').fill('+15550100077');
    await adele.get('number-accessToken').fill('a-key-nobody-sees-again');
    await adele.get('number-save').click();
    await eventually(() => adele.get('number').count()).toBe(3);

    const card = adele.get('number').filter({ hasText: 'Second shop' });
    await card.getByTestId('number-test').click();
    await card.getByTestId('number-outcome').waitFor();
    await card.getByTestId('number-disable').click();
    await adele.get('number-off-keep').click();
    await eventually(() => adele.get('number-confirm').count()).toBe(0);
    expect(await card.getByTestId('number-state').textContent()).not.toBe('Out of use');
    await card.getByTestId('number-disable').click();
    await adele.get('number-off-confirmed').click();
    await eventually(() => card.getByTestId('number-state').textContent()).toBe('Out of use');
    await card.getByTestId('number-enable').click();
    await eventually(() => card.getByTestId('number-disable').count()).toBe(1);
    expect(await adele.page.content()).not.toContain('a-key-nobody-sees-again');
    await adele.close();
  });

  it('replaces a webhook secret by way of a second one, and never sees either again', async () => {
    const adele = await openDesk(browser(), product, 'admin');
    await adele.get('go-numbers').click();
    const card = adele.get('number').filter({ hasText: 'Second shop' });
    await card.getByTestId('number-secrets').click();
    const dialog = adele.get('secrets');
    const secrets = dialog.locator('.secrets');
    await eventually(() => secrets.getAttribute('data-secrets')).toBe('0');
    await dialog.getByTestId('secret-text').fill('the-first-secret');
    await dialog.getByTestId('secret-use').click();
    await eventually(() => secrets.getAttribute('data-secrets')).toBe('1');
    await dialog.getByTestId('secret-generate').click();
    const generated = await dialog.getByTestId('secret-text').inputValue();
    expect(generated).toMatch(/^[0-9a-f]{64}$/);
    await dialog.getByTestId('secret-use').click();
    await eventually(() => secrets.getAttribute('data-secrets')).toBe('2');
    await dialog.getByTestId('secret-retire').click();
    await eventually(() => secrets.getAttribute('data-secrets')).toBe('1');
    await eventually(() => dialog.getByTestId('secret-text').inputValue()).toBe('');
    expect(await adele.page.content()).not.toContain(generated);
    await adele.page.keyboard.press('Escape');
    await eventually(() => card.textContent()).toContain('One of its own');
    await adele.close();
  });

  it('links a phone by a code on the screen, which is renewed and goes once the phone is linked', async () => {
    const adele = await openDesk(browser(), product, 'admin');
    const shop = product.customer('Nobody', 'evolution');
    await shop.pairing('unlink');
    await adele.get('go-numbers').click();
    const card = adele.get('number').filter({ hasText: 'Acme Shop' });
    await eventually(() => card.getByTestId('number-state').textContent()).toBe('Has to be linked again');
    await card.getByTestId('number-pair').click();
    const code = adele.get('pair').locator('.pair-code');
    await code.waitFor();
    const first = await code.getAttribute('src');
    await shop.pairing('renew');
    await eventually(() => code.getAttribute('src')).not.toBe(first);
    await shop.pairing('scan');
    await adele.get('pair').getByText('The phone is linked.').waitFor();
    await eventually(() => code.count()).toBe(0);
    await adele.page.keyboard.press('Escape');
    await eventually(() => card.getByTestId('number-state').textContent()).toBe('Connected');
    await adele.close();
  });

  it('of a team without a number is led to the first one; an agent there is told whom to ask', async () => {
    const { database, nodes } = product;
    const tenantId = await database.transaction('test.tenant', (tx) =>
      createTenant(tx, { slug: 'newcomers', name: 'Newcomers', agentVisibility: 'all' }),
    );
    const open = async (role: 'tenant_admin' | 'agent'): Promise<Desk> => {
      const login = { email: `${role}@newcomers.test`, password: 'a-password-of-the-test' };
      await addMember(database, { tenantId, name: role, role, ...login });
      return Desk.open(browser(), { url: nodes[0]?.url ?? '', ...login });
    };
    const agent = await open('agent');
    await agent.get('no-number').getByText('An administrator of your team can add one.').waitFor();
    expect(await agent.get('empty-add-number').count()).toBe(0);
    await agent.get('new').click();
    await agent.get('new-conversation').getByText('An administrator of your team can add one.').waitFor();
    await agent.page.keyboard.press('Escape');
    await agent.close();
    const admin = await open('tenant_admin');
    await admin.get('empty-add-number').click();
    await admin.get('number-add').waitFor();
    await admin.close();
  });

  it('is the only one who is offered it', async () => {
    const ana = await openDesk(browser(), product, 'ana');
    await ana.get('count-all').waitFor();
    expect(await ana.get('go-numbers').count()).toBe(0);
    await ana.close();
  });
});
