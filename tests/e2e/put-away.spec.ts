/** A conversation is not resolved or snoozed by somebody who has not seen what the customer wrote last. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { problemsOf } from './support/axe.ts';
import { describeInBrowser, eventually } from './support/browser.ts';
import type { Customer } from './support/customer.ts';
import type { Desk } from './support/desk.ts';
import { open } from './support/palette.ts';
import { openDesk, startProduct, type Product } from './support/product.ts';

/** Whether something still waits for an answer. */
const IS_WAITING = "document.querySelector('.status').dataset.pending === 'true'";

describeInBrowser('a conversation that is put away without a connection', (browser) => {
  let product: Product;
  let ana: Desk;
  let lead: Desk;

  beforeAll(async () => {
    product = await startProduct({ visibility: 'all' });
    [ana, lead] = await Promise.all([openDesk(browser(), product, 'ana'), openDesk(browser(), product, 'lead')]);
  });

  afterAll(async () => {
    await Promise.all([ana.close(), lead.close()]);
    await product.stop();
  });

  /** Ana has the conversation open, has read it, and is offline. */
  const openAndOffline = async (name: string): Promise<Customer> => {
    const customer = product.customer(name);
    await ana.hearsFrom(customer);
    await eventually(() => ana.row(name).getByTestId('unread').count()).toBe(0);
    await lead.lists(name);
    await ana.goOffline();
    return customer;
  };

  const writesMeanwhile = async (customer: Customer): Promise<void> => {
    await customer.writes('One more thing');
    await lead.row(customer.name).getByText('One more thing').waitFor();
  };

  /** What the bar in the open conversation says. */
  const said = (desk: Desk): Promise<string | null> => desk.get('wrote-since').textContent();

  it('with E stays open where the customer has written, says what, and is resolved by who wants it anyway', async () => {
    const customer = await openAndOffline('Eda Evening');
    await ana.get('timeline').click();
    await ana.page.keyboard.press('e');
    await ana.page.getByText('1 unsent change will follow').waitFor();
    await writesMeanwhile(customer);
    await ana.comeBack();
    await eventually(() => said(ana)).toContain('Not resolved. Meanwhile: “One more thing”');
    await ana.bubble('One more thing').waitFor();
    expect(await lead.names()).toContain(customer.name);
    expect(await problemsOf(ana)).toEqual([]);
    await ana.page.getByRole('button', { name: 'Resolve anyway' }).click();
    await eventually(() => lead.names()).not.toContain(customer.name);
    expect(await ana.get('wrote-since').count()).toBe(0);
  });

  it('asks once, however often E was pressed, and no more once they press it again or a colleague has done it', async () => {
    const customer = await openAndOffline('Ina Impatient');
    const resolvesTwice = async (): Promise<void> => {
      await ana.get('timeline').click();
      for (const key of ['e', 'e']) await ana.page.keyboard.press(key);
      await ana.page.getByText('2 unsent changes will follow').waitFor();
      await writesMeanwhile(customer);
      await ana.comeBack();
      await eventually(() => ana.page.evaluate(IS_WAITING)).toBe(false);
      await eventually(() => ana.get('wrote-since').count()).toBe(1);
    };
    await resolvesTwice();
    await ana.page.keyboard.press('e');
    await eventually(() => lead.names()).not.toContain(customer.name);
    await eventually(() => ana.get('wrote-since').count()).toBe(0);
    await customer.writes('Hello again');
    await lead.lists(customer.name);
    await eventually(() => ana.row(customer.name).getByTestId('unread').count()).toBe(0);
    await ana.goOffline();
    await resolvesTwice();
    await lead.openThread(customer.name);
    await lead.get('resolve').click();
    await eventually(() => ana.get('wrote-since').count()).toBe(0);
  });

  it('is put away where only the team has written', async () => {
    const customer = await openAndOffline('Tea Team');
    await ana.send('We are on it.');
    await ana.get('resolve').click();
    await lead.openThread(customer.name);
    await lead.send('Done.');
    await eventually(() => customer.received()).toContain('Done.');
    await ana.comeBack();
    await eventually(() => lead.names()).not.toContain(customer.name);
    expect(await ana.get('wrote-since').count()).toBe(0);
  });

  it('by who went on to the next says so there, and leads back', async () => {
    await product.customer('Ned Next').writes('Hello');
    await ana.lists('Ned Next');
    const customer = await openAndOffline('Gus Gone');
    await ana.get('timeline').click();
    await ana.page.keyboard.press('Shift+E');
    await ana.page.getByRole('heading', { level: 2, name: 'Ned Next' }).waitFor();
    await writesMeanwhile(customer);
    await ana.comeBack();
    await eventually(() => ana.get('not-put-away').textContent()).toContain('Gus Gone was not resolved');
    await ana.get('not-put-away').getByRole('button', { name: 'Open', exact: true }).click();
    await ana.page.getByRole('heading', { level: 2, name: customer.name }).waitFor();
    await eventually(() => said(ana)).toContain('One more thing');
    expect(await ana.get('not-put-away').count()).toBe(0);
    await ana.page.getByRole('button', { name: 'Leave it open' }).click();
    await eventually(() => ana.get('wrote-since').count()).toBe(0);
    expect(await lead.names()).toContain(customer.name);
  });

  it('by a command of the palette is snoozed no sooner', async () => {
    const customer = await openAndOffline('Pia Palette');
    await open(ana);
    await ana.page.keyboard.type('Snooze tomorrow');
    await ana.page.keyboard.press('Enter');
    await ana.page.getByText('1 unsent change will follow').waitFor();
    await writesMeanwhile(customer);
    await ana.comeBack();
    await eventually(() => said(ana)).toContain('Not snoozed.');
    await ana.page.getByRole('button', { name: 'Snooze anyway' }).click();
    await eventually(() => lead.row(customer.name).textContent()).toContain('Snoozed');
  });
});
