/** Saved replies with files: added by a lead, picked, changed and sent by an agent. */
import type { Request } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { problemsOf, stickingOut } from './support/axe.ts';
import { describeInBrowser, eventually } from './support/browser.ts';
import type { Customer } from './support/customer.ts';
import type { Desk } from './support/desk.ts';
import { aDocument, aPhoto, type LocalFile } from './support/files.ts';
import { openDesk, startProduct, type Product } from './support/product.ts';

const TEXT = 'Here are our prices.';

describeInBrowser('a saved reply with files', (browser) => {
  let product: Product;
  let lena: Desk;
  let ana: Desk;

  beforeAll(async () => {
    product = await startProduct();
    lena = await openDesk(browser(), product, 'lead', { context: { reducedMotion: 'reduce' } });
    ana = await openDesk(browser(), product, 'ana', { context: { reducedMotion: 'reduce' } });
    await lena.get('go-replies').click();
  });

  afterAll(async () => {
    await Promise.all([ana.close(), lena.close()]);
    await product.stop();
  });

  const row = (desk: Desk, shortcut: string) => desk.get('reply').filter({ hasText: `/${shortcut}` });
  const files = (desk: Desk) => desk.get('reply-file').locator('.tray-name');
  const tray = (): Promise<string[]> => ana.get('tray-file').locator('.tray-name').allTextContents();
  const value = (): Promise<string> => ana.get('composer').inputValue();
  const add = (desk: Desk, chosen: readonly LocalFile[]): Promise<void> =>
    desk.get('reply-file-input').setInputFiles([...chosen]);
  const saved = (shortcut: string) =>
    eventually(() => lena.get('reply-outcome').textContent()).toBe(`/${shortcut} is saved.`);

  const arrived = async (customer: Customer): Promise<unknown[]> =>
    (await customer.receivedThings()).map(({ kind, file }) => [kind, file?.filename ?? null, file?.sizeBytes]);

  const pick = async (shortcut: string): Promise<void> => {
    await ana.get('composer').pressSequentially(`/${shortcut}`);
    await ana.get('saved-reply').first().waitFor();
    await ana.get('composer').press('Enter');
  };

  it('is added by a lead, who sees what is wrong with a file and which number cannot send it', async () => {
    await lena.get('reply-add').click();
    await lena.get('reply-shortcut').fill('prices');
    await lena.get('reply-text').fill(TEXT);
    const empty = { ...aDocument('nothing.pdf', 0), buffer: Buffer.alloc(0) };
    await add(lena, [await aPhoto('shop.jpg', '#2255aa'), empty, aDocument('Price list.pdf', 40_000)]);
    await lena.get('reply-file').getByRole('alert').getByText('The file is empty.').waitFor();
    await lena.page.getByRole('button', { name: 'Remove nothing.pdf' }).click();
    await eventually(() => files(lena).allTextContents()).toEqual(['shop.jpg', 'Price list.pdf']);
    await lena.get('reply-file').locator('img').waitFor();
    await add(
      lena,
      [1, 2, 3, 4].map((n) => aDocument(`${String(n)}.pdf`, 100)),
    );
    await lena.get('reply-file').getByRole('alert').getByText('at most 5 files').waitFor();
    await eventually(() => lena.get('reply-attach').getAttribute('aria-disabled')).toBe('true');
    await eventually(() => lena.get('reply-save').isDisabled()).toBe(false);
    for (const n of [1, 2, 3, 4]) await lena.page.getByRole('button', { name: `Remove ${String(n)}.pdf` }).click();
    await lena.get('reply-save').click();
    await saved('prices');
    await eventually(() => row(lena, 'prices').locator('.reply-file').allTextContents()).toEqual([
      ...['shop.jpg', 'Price list.pdf'],
    ]);
  });

  it('puts text and files into the composer, is sent without an upload, and stays with the customer when it goes', async () => {
    const paula = await ana.hearsFrom(product.customer('Paula Prices'));
    await ana.get('composer').pressSequentially('/price list.p');
    await ana.get('saved-reply').getByText('Price list.pdf').waitFor();
    await ana.get('composer').fill('');
    const posted: string[] = [];
    const note = (request: Request): void => {
      if (request.method() === 'POST') posted.push(new URL(request.url()).pathname.replace(/[0-9a-f-]{36}/, 'ID'));
    };
    ana.page.on('request', note);
    await pick('prices');
    await eventually(tray).toEqual(['shop.jpg', 'Price list.pdf']);
    await eventually(value).toBe(TEXT);
    await ana.get('tray-file').locator('img').waitFor();
    await ana.get('composer').press('Enter');
    await eventually(() => arrived(paula)).toEqual([
      ['image', null, expect.any(Number)],
      ['document', 'Price list.pdf', 40_009],
    ]);
    expect((await paula.receivedThings())[0]?.text).toContain(TEXT);
    ana.page.off('request', note);
    expect(posted).toEqual(['/api/saved-replies/files/ID/media', '/api/saved-replies/files/ID/media']);
    await eventually(() => ana.page.locator('.file-card').textContent()).toContain('Price list.pdf');
    await eventually(() => ana.get('timeline').locator('.media-image img').count()).toBe(1);
    expect([await ana.get('tray').count(), await value()]).toEqual([0, '']);
  });

  it('is changed before it is sent: a file is left out, another one added, and picked twice it is there once', async () => {
    const remo = await ana.hearsFrom(product.customer('Remo Removes'));
    await pick('prices');
    await ana.get('composer').fill('');
    await pick('prices');
    await eventually(tray).toEqual(['shop.jpg', 'Price list.pdf']);
    await ana.get('file-input').setInputFiles([aDocument('Map.pdf', 500)]);
    await ana.page.getByRole('button', { name: 'Do not send shop.jpg' }).click();
    await eventually(tray).toEqual(['Price list.pdf', 'Map.pdf']);
    await ana.get('composer').press('Enter');
    await eventually(() => arrived(remo)).toEqual([
      ['document', 'Price list.pdf', 40_009],
      ['document', 'Map.pdf', 509],
    ]);
  });

  it('is picked and sent offline, and goes out in its order when the connection is back', async () => {
    const ole = await ana.hearsFrom(product.customer('Ole Offline'));
    await ana.goOffline();
    await pick('prices');
    await ana.get('composer').press('Enter');
    await eventually(() => ana.get('upload').getByText('Waits for the connection').count()).toBe(2);
    await ana.comeBack();
    await eventually(async () => (await arrived(ole)).map((one) => (one as string[])[0])).toEqual([
      'image',
      'document',
    ]);
    await eventually(() => ana.get('upload').count()).toBe(0);
  });

  it('that was picked can still be sent after a lead has taken its file out or removed it', async () => {
    const late = await ana.hearsFrom(product.customer('Lara Late'));
    await lena.get('reply-add').click();
    await lena.get('reply-shortcut').fill('soon-gone');
    await lena.get('reply-text').fill('Soon gone');
    await add(lena, [aDocument('Gone.pdf', 700)]);
    await eventually(() => files(lena).allTextContents()).toEqual(['Gone.pdf']);
    await lena.get('reply-save').click();
    await saved('soon-gone');
    await pick('soon-gone');
    await eventually(tray).toEqual(['Gone.pdf']);
    await row(lena, 'soon-gone').getByTestId('reply-remove').click();
    await lena.get('reply-confirm').getByText('Gone.pdf').waitFor();
    await lena.get('reply-confirmed').click();
    await eventually(() => row(lena, 'soon-gone').count()).toBe(0);
    await ana.get('composer').press('Enter');
    await eventually(() => arrived(late)).toEqual([['document', 'Gone.pdf', 709]]);
  });

  it('has a text of its own where that is too long for a caption', async () => {
    const lora = await ana.hearsFrom(product.customer('Lora Long'));
    await pick('prices');
    const long = 'Long. '.repeat(200).trim();
    await ana.get('composer').fill(long);
    await ana.get('composer').press('Enter');
    await eventually(() => arrived(lora)).toHaveLength(2);
    const texts = await lora.received();
    expect([texts.indexOf(long), texts.lastIndexOf(long)]).toEqual([0, 0]);
  });

  it('waits where the business sends too many files at once, and keeps its order', async () => {
    const remy = await ana.hearsFrom(product.customer('Remy Rushed'));
    let asked = 0;
    const copies = '**/api/saved-replies/files/*/media?*';
    await ana.page.route(copies, async (route) => {
      asked += 1;
      if (asked > 1) await route.continue();
      else
        await route.fulfill({
          ...{ status: 429, contentType: 'application/json' },
          body: JSON.stringify({
            error: { code: 'rate_limited', message: 'Too many.', details: { retryAfterMs: 100 } },
          }),
        });
    });
    await pick('prices');
    await eventually(tray).toEqual(['shop.jpg', 'Price list.pdf']);
    await ana.get('composer').press('Enter');
    await eventually(async () => (await arrived(remy)).map((one) => (one as string[])[0])).toEqual([
      ...['image', 'document'],
    ]);
    expect(asked).toBe(3);
    expect(ana.problems.splice(0)).toEqual([expect.stringContaining('429')]);
    await ana.page.unroute(copies);
  });

  it('is inserted with its button and by its name as well, and in a note without the files', async () => {
    await ana.hearsFrom(product.customer('Nico Note'));
    await ana.get('saved-replies').click();
    await ana.get('saved-reply').filter({ hasText: '/prices' }).click();
    await eventually(tray).toEqual(['shop.jpg', 'Price list.pdf']);
    for (const name of ['shop.jpg', 'Price list.pdf'])
      await ana.page.getByRole('button', { name: `Do not send ${name}` }).click();
    await ana.get('composer').fill('');
    await ana.page.keyboard.press('Control+k');
    await ana.get('palette-field').fill('/prices');
    await ana.get('command').getByText(TEXT).waitFor();
    await ana.page.keyboard.press('Enter');
    await eventually(tray).toEqual(['shop.jpg', 'Price list.pdf']);
    await eventually(value).toBe(TEXT);
    for (const name of ['shop.jpg', 'Price list.pdf'])
      await ana.page.getByRole('button', { name: `Do not send ${name}` }).click();
    await ana.get('composer').fill('');
    await ana.get('note-toggle').click();
    await ana.get('composer').pressSequentially('/prices');
    await ana.get('saved-reply').waitFor();
    expect(await ana.get('saved-reply').locator('.reply-file').count()).toBe(0);
    await ana.get('composer').press('Enter');
    await eventually(value).toBe(TEXT);
    await ana.get('composer').press('Enter');
    await ana.get('note').getByText(TEXT).waitFor();
    await ana.get('note-toggle').waitFor();
    expect(await ana.get('tray').count()).toBe(0);
  });

  it('whose files two people change is changed by neither unawares', async () => {
    const adele = await openDesk(browser(), product, 'admin');
    await adele.get('go-replies').click();
    for (const desk of [adele, lena]) await row(desk, 'prices').getByTestId('reply-edit').click();
    await add(adele, [aDocument('From Adele.pdf', 100)]);
    await eventually(() => files(adele).allTextContents()).toHaveLength(3);
    await add(lena, [aDocument('From Lena.pdf', 100)]);
    await eventually(() => files(lena).allTextContents()).toHaveLength(3);
    await adele.get('reply-save').click();
    await lena.get('reply-changed').getByText('From Adele.pdf').waitFor();
    await eventually(() => lena.get('reply-save').isDisabled()).toBe(true);
    await lena.get('take-theirs').click();
    await eventually(() => files(lena).allTextContents()).toEqual(['shop.jpg', 'Price list.pdf', 'From Adele.pdf']);
    await lena.page.getByRole('button', { name: 'Remove From Adele.pdf' }).click();
    await lena.get('reply-save').click();
    await saved('prices');
    await eventually(() => row(adele, 'prices').locator('.reply-file').allTextContents()).toHaveLength(2);
    await adele.close();
  });

  it('says which file a number cannot send, when it is added and when it is picked', async () => {
    await product.database.run(
      'test.twilio',
      (sql) => sql`
        update whatsapp_accounts set provider = 'twilio', external_id = 'whatsapp:+15550100009' where provider = 'evolution'`,
    );
    const eva = product.customer('Tessa Twilio');
    await ana.hearsFrom(eva);
    await product.database.run(
      'test.move',
      (sql) => sql`
        update threads t set account_id = a.id from whatsapp_accounts a, contacts c
        where a.tenant_id = t.tenant_id and a.provider = 'twilio' and c.id = t.contact_id and c.display_name = 'Tessa Twilio'`,
    );
    await lena.page.reload();
    await row(lena, 'prices').getByTestId('reply-edit').click();
    await add(lena, [{ name: 'prices.csv', mimeType: 'text/csv', buffer: Buffer.from('a;b') }]);
    await lena.get('reply-file').getByText('Cannot be sent with Acme Shop').waitFor();
    await lena.get('reply-save').click();
    await saved('prices');

    await ana.page.reload();
    await ana.openThread('Tessa Twilio');
    await ana.get('composer').pressSequentially('/prices');
    await ana.get('saved-reply').getByText('prices.csv: not with this number').waitFor();
    await ana.get('composer').press('Enter');
    await eventually(tray).toEqual(['shop.jpg', 'Price list.pdf']);
    const refusal = ana.get('tray').getByRole('alert');
    await eventually(() => refusal.textContent()).toContain('A file of type text/csv cannot be sent');
    await refusal.getByRole('button').click();
    await eventually(() => refusal.count()).toBe(0);
  });

  it.each(['light', 'dark'] as const)('is seen by everybody, also in a narrow window: %s', async (colorScheme) => {
    for (const desk of [lena, ana]) await desk.page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    for (const [width, height] of [
      [1440, 900],
      [900, 700],
      [720, 450],
    ] as const) {
      for (const desk of [lena, ana]) await desk.page.setViewportSize({ width, height });
      await row(lena, 'prices').first().waitFor();
      expect(await problemsOf(lena)).toEqual([]);
      expect(await stickingOut(lena)).toEqual([]);
      await row(lena, 'prices').getByTestId('reply-edit').click();
      await lena.get('reply-file').locator('img').waitFor();
      expect(await problemsOf(lena)).toEqual([]);
      expect(await stickingOut(lena)).toEqual([]);
      await lena.page.keyboard.press('Escape');
      // A narrower window shows the conversation alone.
      if (width < 900) continue;
      await ana.get('composer').fill('/prices');
      await ana.get('saved-reply').waitFor();
      expect(await problemsOf(ana)).toEqual([]);
      expect(await stickingOut(ana)).toEqual([]);
      await ana.get('composer').fill('');
    }
    for (const desk of [lena, ana]) await desk.page.setViewportSize({ width: 1440, height: 900 });
  });
});
