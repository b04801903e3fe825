/** What else can be written than a text, and how files find their way into the composer. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeInBrowser, eventually } from './support/browser.ts';
import type { Desk } from './support/desk.ts';
import { aDocument, aPhoto, type LocalFile } from './support/files.ts';
import { openDesk, startProduct, type Product } from './support/product.ts';

const HOUR_MS = 3_600_000;

/** A file as the browser's drag and clipboard carry it, as an expression. */
const transferOf = ({ name, mimeType, buffer }: LocalFile): string => `(() => {
  const bytes = Uint8Array.from(atob('${buffer.toString('base64')}'), (letter) => letter.charCodeAt(0));
  const transfer = new DataTransfer();
  transfer.items.add(new File([bytes], '${name}', { type: '${mimeType}' }));
  return transfer;
})()`;

describeInBrowser('the composer', (browser) => {
  let product: Product;
  let adele: Desk;

  beforeAll(async () => {
    product = await startProduct();
    adele = await openDesk(browser(), product, 'admin');
  });

  afterAll(async () => {
    await adele.close();
    await product.stop();
  });

  it('fills in a template that the carrier has approved, with what the customer will read beside it', async () => {
    // The number's business account, which has the templates, becomes known with its first webhook.
    const tara = await adele.hearsFrom(product.customer('Tara Template'), { agoMs: 25 * HOUR_MS });
    await adele.fetchTemplates();
    const options = adele.get('template-option');
    await eventually(() => options.count()).toBeGreaterThan(1);
    expect((await options.allTextContents()).join()).not.toContain('refunded');
    await options.filter({ hasText: 'is on its way' }).click();
    const send = adele.get('template-sheet').getByTestId('send');
    await eventually(() => send.isDisabled()).toBe(true);
    await adele.page.getByLabel('Text 1').fill('Tara');
    await adele.page.getByLabel('Text 2').fill('A-17');
    await adele.page.getByLabel('Button “Track it”').fill('17');
    await eventually(() => adele.page.locator('.template-preview').textContent()).toContain(
      'Hello Tara, your order A-17',
    );
    await send.click();
    await eventually(async () => (await tara.received()).length).toBe(1);
    await eventually(() => adele.get('timeline').textContent()).toContain('Hello Tara, your order A-17 is on its way');
    await eventually(() => adele.row('Tara Template').textContent()).toContain('Hello Tara');
  });

  it('leads to the templates and back with keys alone', async () => {
    const kim = await adele.hearsFrom(product.customer('Kim Keys'));
    const search = adele.get('template-search');
    const isFocused = async (testId: string): Promise<void> => {
      await eventually(() => adele.page.evaluate('document.activeElement?.dataset.testid')).toBe(testId);
    };
    await adele.get('sheet-template').focus();
    await adele.page.keyboard.press('Enter');
    await isFocused('template-search');
    await adele.page.keyboard.press('Escape');
    await isFocused('composer');
    expect(await search.count()).toBe(0);
    await adele.send('Still here');
    await eventually(() => kim.received()).toEqual(['Still here']);
  });

  it('offers a list, and a link, and shows them as the customer has them', async () => {
    const lisa = await adele.hearsFrom(product.customer('Lisa List'));
    await adele.get('sheet-choices').click();
    await adele.page.getByLabel('The customer answers with').selectOption('list');
    await adele.get('question-body').fill('How shall we send it?');
    await adele.page.getByLabel('Button that opens the list').fill('Ways');
    for (const [index, way] of ['By post', 'By bike', 'On foot'].entries()) {
      if (index === 2) await adele.page.getByRole('button', { name: 'Another choice' }).click();
      await adele.get(`choice-${String(index + 1)}`).fill(way);
    }
    await adele.get('send').click();
    await eventually(async () => (await lisa.receivedThings()).map(({ kind }) => kind)).toEqual(['interactive']);
    await adele.page.locator('.offer-list summary').click();
    await eventually(() => adele.page.locator('.offer-row').allTextContents()).toEqual([
      'By post',
      'By bike',
      'On foot',
    ]);

    await adele.get('sheet-choices').click();
    await adele.page.getByLabel('The customer answers with').selectOption('cta_url');
    await adele.get('question-body').fill('Everything else is here');
    await adele.page.getByLabel('What the link says').fill('Our shop');
    await adele.page.getByLabel('Address').fill('https://shop.example/');
    await adele.get('send').click();
    await eventually(async () => (await lisa.receivedThings()).length).toBe(2);
    await eventually(() => adele.page.locator('.offer a.choice').getAttribute('href')).toBe('https://shop.example/');
  });

  it('takes files that are dropped on the conversation, and a picture that is pasted', async () => {
    const dora = await adele.hearsFrom(product.customer('Dora Drop'));
    const zone = adele.page.locator('.drop-zone');
    const dropped = await adele.page.evaluateHandle(transferOf(await aPhoto('dropped.jpg', '#22aa55')));
    await zone.dispatchEvent('dragenter', { dataTransfer: dropped });
    await adele.page.getByText('Drop the files to attach them').waitFor();
    await zone.dispatchEvent('drop', { dataTransfer: dropped });
    await eventually(() => adele.get('tray-file').allTextContents()).toHaveLength(1);
    await eventually(() => adele.page.getByText('Drop the files to attach them').count()).toBe(0);

    const pasted = transferOf(await aPhoto('pasted.jpg', '#aa5522'));
    await adele.page.evaluate(`document.querySelector('[data-testid=composer]').dispatchEvent(
      new ClipboardEvent('paste', { clipboardData: ${pasted}, bubbles: true, cancelable: true }))`);
    await eventually(() => adele.get('tray-file').allTextContents()).toHaveLength(2);
    await adele.get('composer').fill('As promised');
    await adele.get('composer').press('Enter');
    await eventually(async () => (await dora.receivedThings()).map(({ kind }) => kind)).toEqual(['image', 'image']);
  });

  it('shows how far an upload is, and stops it when told to', async () => {
    const uma = await adele.hearsFrom(product.customer('Uma Upload'));
    const network = await adele.page.context().newCDPSession(adele.page);
    const uploadThroughput = 300_000;
    const slow = { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput };
    await network.send('Network.enable');
    await network.send('Network.emulateNetworkConditions', slow);
    await adele.get('file-input').setInputFiles([aDocument('Long.pdf', 8_000_000)]);
    await adele.get('send').click();
    const progress = adele.get('upload').locator('progress');
    await eventually(async () => Number(await progress.getAttribute('value'))).toBeGreaterThan(0);
    await adele.get('upload-cancel').click();
    await eventually(() => adele.get('upload').count()).toBe(0);
    await network.send('Network.emulateNetworkConditions', { ...slow, uploadThroughput: -1 });
    await network.detach();
    await adele.send('After all not');
    await eventually(() => uma.received()).toEqual(['After all not']);
    expect(await uma.receivedThings()).toEqual([]);
  });
});
