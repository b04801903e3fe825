/** What is chosen in the command palette is done once, and to the conversation that was meant. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeInBrowser, eventually } from './support/browser.ts';
import type { Desk } from './support/desk.ts';
import { headings, isClosed, labels, open } from './support/palette.ts';
import { openDesk, startProduct, type Product } from './support/product.ts';

describeInBrowser('a command palette under a hasty hand', (browser) => {
  let product: Product;
  let lena: Desk;

  beforeAll(async () => {
    product = await startProduct();
    lena = await openDesk(browser(), product, 'lead');
    for (const name of ['Nora Next', 'Olga Open', 'Paul Pointed']) await lena.hearsFrom(product.customer(name));
  });

  afterAll(async () => {
    await lena.close();
    await product.stop();
  });

  const title = (): Promise<string | null> => lena.page.locator('main h2').textContent();
  const typed = (): Promise<string> => lena.get('palette-field').inputValue();
  const checked = (): Promise<string[]> =>
    lena.page.locator('.list-slot:has(.row-check:checked) .row-name').allTextContents();
  const holdDown = async (key: string): Promise<void> => {
    for (let times = 0; times < 4; times += 1) await lena.page.keyboard.down(key);
    await lena.page.keyboard.up(key);
  };
  const offersColleagues = async (): Promise<void> => {
    await lena.get('palette-field').fill('colleague');
    await eventually(() => labels(lena)).toEqual(['Assign to a colleague …']);
  };
  const leave = async (): Promise<void> => {
    await lena.page.keyboard.press('Escape');
    await isClosed(lena);
  };

  it('stays open while its key is held down', async () => {
    await lena.page.keyboard.down('Control');
    await lena.page.keyboard.down('k');
    await lena.get('palette').waitFor();
    await lena.page.keyboard.down('k');
    await lena.page.keyboard.up('k');
    await lena.page.keyboard.up('Control');
    await offersColleagues();
    await leave();
  });

  it('takes one row for an Enter that is held down', async () => {
    await open(lena);
    await offersColleagues();
    await holdDown('Enter');
    await eventually(typed).toBe('Assign to ');
    await leave();
  });

  it('takes one row for a double click', async () => {
    await open(lena);
    await offersColleagues();
    await lena.get('command').dblclick();
    await eventually(typed).toBe('Assign to ');
    await leave();
  });

  it('selects the open conversation, whatever row has the focus', async () => {
    await lena.row('Olga Open').focus();
    await open(lena);
    await lena.get('palette-field').fill('select several');
    await eventually(() => labels(lena)).toEqual(['Select for a change of several']);
    await lena.page.keyboard.press('Enter');
    await isClosed(lena);
    await eventually(checked).toEqual(['Paul Pointed']);
    await lena.page.keyboard.press('Escape');
    await eventually(checked).toEqual([]);
  });

  it('only borrows the focus: what a key is meant for stays as it was', async () => {
    await lena.openThread('Paul Pointed');
    await lena.row('Paul Pointed').focus();
    await lena.page.keyboard.press('j');
    await eventually(title).toBe('Olga Open');
    await open(lena);
    await leave();
    await lena.page.keyboard.press('x');
    await eventually(checked).toEqual(['Olga Open']);
    await lena.page.keyboard.press('Escape');
  });

  it('offers nothing more for a conversation that is no longer on screen', async () => {
    await lena.openThread('Olga Open');
    const address = lena.page.url();
    await lena.openThread('Nora Next');
    await open(lena);
    await eventually(async () => (await headings(lena))[0]).toBe('This conversation');
    await lena.page.evaluate(`location.href = ${JSON.stringify(address)}`);
    await eventually(title).toBe('Olga Open');
    await eventually(() => headings(lena)).toEqual(['Go to', 'You']);
    await leave();
  });

  it('does nothing to the conversation that has just come in the place of the one that was meant', async () => {
    await lena.openThread('Olga Open');
    const address = lena.page.url();
    await lena.openThread('Nora Next');
    await open(lena);
    await lena.get('palette-field').fill('resolve');
    await eventually(async () => (await labels(lena))[0]).toBe('Resolve');
    // In one go: the other conversation is there, and its rows are not drawn yet.
    await lena.page.evaluate(`{
      history.replaceState(history.state, '', ${JSON.stringify(address)});
      dispatchEvent(new HashChangeEvent('hashchange'));
      const enter = { key: 'Enter', bubbles: true, cancelable: true };
      document.activeElement.dispatchEvent(new KeyboardEvent('keydown', enter));
    }`);
    await isClosed(lena);
    await eventually(title).toBe('Olga Open');
    for (const name of ['Nora Next', 'Olga Open']) {
      await lena.openThread(name);
      expect(await lena.get('status-select').inputValue()).toBe('open');
    }
  });
});
