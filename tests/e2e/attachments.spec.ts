/** What an agent sends besides text, and what the customer's phone has of it. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeInBrowser, eventually } from './support/browser.ts';
import { writeOnCloud } from './support/cloud-webhooks.ts';
import type { Desk } from './support/desk.ts';
import { aDocument, aPhoto } from './support/files.ts';
import { openDesk, startProduct, type Product } from './support/product.ts';

describeInBrowser('an agent who sends more than text', (browser) => {
  let product: Product;
  let ana: Desk;

  beforeAll(async () => {
    product = await startProduct();
    ana = await openDesk(browser(), product, 'ana');
  });

  /** For a second at least: whoever looks seldom does not see every one. */
  const hasRecorded = async (): Promise<void> => {
    await eventually(() => ana.page.locator('.recorder-clock').textContent()).toMatch(/^0:(0[1-9]|[1-5]\d)$/);
  };

  afterAll(async () => {
    await ana.close();
    await product.stop();
  });

  it('sends photos and a document with a caption; they are seen large, and by the customer', async () => {
    const petra = product.customer('Petra Pictures');
    await petra.writes('What do they look like?');
    await ana.openThread('Petra Pictures');
    const photos = [await aPhoto('blue.jpg', '#2255aa'), await aPhoto('red.jpg', '#aa3322')];
    await ana.get('file-input').setInputFiles([...photos, aDocument('Price list.pdf', 40_000)]);
    await eventually(() => ana.get('tray-file').count()).toBe(3);
    await ana.get('composer').fill('Our two colours, and the prices');
    await ana.get('send').click();

    await eventually(async () =>
      (await petra.receivedThings()).map(({ kind, file }) => [kind, file?.sizeBytes]),
    ).toEqual([
      ['image', photos[0]?.buffer.length],
      ['image', photos[1]?.buffer.length],
      ['document', 40_009],
    ]);
    expect((await petra.receivedThings()).at(-1)?.file?.filename).toBe('Price list.pdf');
    expect((await petra.receivedThings())[0]?.text).toContain('Our two colours');

    const album = ana.get('album');
    await eventually(() => album.locator('img').count()).toBe(2);
    await eventually(() => ana.page.locator('.file-card').textContent()).toContain('Price list.pdf');
    await album.locator('img').first().click();
    await ana.get('lightbox').getByText('1 of 2').waitFor();
    await ana.page.keyboard.press('ArrowRight');
    await ana.get('lightbox').getByText('2 of 2').waitFor();
    await ana.page.keyboard.press('Escape');
    await eventually(() => ana.get('lightbox').count()).toBe(0);
  });

  it('answers and reacts to one picture of an album, and to one that lies behind it', async () => {
    const alba = product.customer('Alba Album');
    for (const text of ['', '', '', '', 'These are all']) await alba.writes(text, { file: 'image' });
    await ana.openThread('Alba Album');
    const cell = ana.get('album').locator('.album-cell').nth(1);
    // Every picture that comes moves those before it.
    await ana.page.getByRole('button', { name: 'Show 1 more' }).waitFor();
    await eventually(() => ana.get('album').locator('img').count()).toBe(4);
    await cell.hover();
    await cell.getByRole('button', { name: 'React', exact: true }).click();
    await cell.getByRole('button', { name: 'React: 🎉' }).click();
    await eventually(() => cell.getByTestId('reaction').textContent()).toBe('🎉');
    await cell.getByRole('button', { name: 'Reply to this message' }).click();
    await ana.send('This one');
    await eventually(() => alba.received()).toEqual(['This one']);
    await Promise.all([cell.and(ana.page.locator('.flash')).waitFor(), ana.get('quote').click()]);

    await ana.page.getByRole('button', { name: 'Show 1 more' }).click();
    const large = ana.get('lightbox');
    await ana.page.keyboard.press('ArrowRight');
    await large.getByText('5 of 5').waitFor();
    await large.getByRole('button', { name: 'React', exact: true }).click();
    await large.getByRole('button', { name: 'React: ✅' }).click();
    await eventually(() => large.getByTestId('reaction').textContent()).toBe('✅');
    await large.getByRole('button', { name: 'Reply to this message' }).click();
    await eventually(() => large.count()).toBe(0);
    await ana.send('And the last');
    await eventually(() => alba.received()).toEqual(['This one', 'And the last']);
    await eventually(() => ana.get('quote').last().textContent()).toContain('These are all');
  });

  it('is told before an upload what the number does not take, and can leave it out', async () => {
    await product.customer('Emil Empty').writes('Send it over');
    await ana.openThread('Emil Empty');
    await ana.get('file-input').setInputFiles([{ ...aDocument('nothing.pdf', 0), buffer: Buffer.alloc(0) }]);
    const refusal = ana.get('tray').getByRole('alert');
    await eventually(() => refusal.textContent()).toContain('The file is empty.');
    await eventually(() => ana.get('send').isDisabled()).toBe(true);
    await refusal.getByRole('button').click();
    await eventually(() => ana.get('tray').count()).toBe(0);
  });

  it('sends a place, a contact and a question with buttons', async () => {
    const paul = product.customer('Paul Places');
    await paul.writes('Where are you, and whom do I ask?');
    await ana.openThread('Paul Places');

    await ana.get('more-to-send').click();
    await ana.get('sheet-location').click();
    await ana.get('location-where').fill('https://www.openstreetmap.org/#map=16/52.5163/13.3777');
    await ana.get('send').click();
    await ana.get('more-to-send').click();
    await ana.get('sheet-contact').click();
    await ana.get('contact-name').fill('Grace Hopper');
    await ana.get('contact-phone').fill('+1 555 010 0199');
    await ana.get('send').click();
    await ana.get('sheet-choices').click();
    await ana.get('question-body').fill('Shall she call you?');
    await ana.get('choice-1').fill('Yes');
    await ana.get('choice-2').fill('No');
    await ana.get('send').click();

    await eventually(async () => (await paul.receivedThings()).map(({ kind }) => kind)).toEqual([
      'location',
      'contacts',
      'interactive',
    ]);
    await eventually(() => ana.page.locator('.place').getAttribute('href')).toContain('mlat=52.5163');
    await eventually(() => ana.page.locator('.offer .choice').allTextContents()).toEqual(['Yes', 'No']);
  });

  it('keeps what was recorded when another conversation is opened meanwhile', async () => {
    const [rita, sam] = [product.customer('Rita Recorded'), product.customer('Sam Sideways')];
    await sam.writes('Hello');
    await ana.hearsFrom(rita);
    await ana.page.getByRole('button', { name: 'Record a voice message' }).click();
    await hasRecorded();
    await ana.openThread('Sam Sideways');
    await ana.openThread('Rita Recorded');
    await eventually(() => ana.get('tray').textContent()).toContain('voice-');
    await ana.get('send').click();
    // Escape leads back to the text, with what was recorded, and not out of the conversation.
    await ana.page.getByRole('button', { name: 'Record a voice message' }).click();
    await hasRecorded();
    await ana.page.keyboard.press('Escape');
    await eventually(() => ana.get('tray').textContent()).toContain('voice-');
    await ana.page.getByRole('button', { name: /^Do not send/ }).click();
    await eventually(() => rita.receivedThings()).toMatchObject([{ kind: 'audio' }]);
    await ana.page.getByRole('button', { name: 'Record a voice message' }).click();
    await eventually(() => ana.get('recorder').getAttribute('data-step')).toBe('recording');
    await ana.page.getByRole('button', { name: 'Throw it away' }).click();
    await eventually(() => ana.get('tray').count()).toBe(0);
  });

  it('sends ten files at a time, and keeps the others for the next', async () => {
    const flora = await ana.hearsFrom(product.customer('Flora Files'));
    const pages = Array.from({ length: 12 }, (_, index) => aDocument(`page-${String(index + 1)}.pdf`, 1000));
    await ana.get('file-input').setInputFiles(pages);
    await eventually(() => ana.get('tray').textContent()).toContain('10 files go at a time');
    await ana.get('send').click();
    await eventually(() => ana.get('tray').locator('li').count()).toBe(2);
    await ana.get('send').click();
    await eventually(async () => (await flora.receivedThings()).length).toBe(12);
    await eventually(() => ana.get('tray').count()).toBe(0);
  });

  it('records a voice message in the format that WhatsApp plays as one', async () => {
    const vera = product.customer('Vera Voice');
    await vera.writes('Call me?');
    await ana.openThread('Vera Voice');
    await ana.page.getByRole('button', { name: 'Record a voice message' }).click();
    await eventually(() => ana.get('recorder').getAttribute('data-step')).toBe('recording');
    await hasRecorded();
    await ana.get('recorder').getByTestId('send').click();
    await eventually(async () => (await vera.receivedThings()).map(({ kind, file }) => [kind, file?.mime])).toEqual([
      ['audio', 'audio/ogg'],
    ]);
    await ana.page.locator('.player').first().waitFor();
  });

  it('has a file fetched again that the carrier did not have at first', async () => {
    const faye = product.customer('Faye Failed');
    // The simulator's files go by the message they came with; this one has not been written yet.
    const later = 'wamid.comes-later';
    const image = { id: `5${Buffer.from(later).toString('hex')}`, mime_type: 'image/png' };
    await writeOnCloud(product, faye, [{ type: 'image', image }]);
    await ana.openThread('Faye Failed');
    await eventually(() => ana.get('timeline').textContent()).toContain('could not be fetched');
    await faye.writes('', { id: later, file: 'image' });
    // What arrives moves what is above it, and a click would go to where the button was.
    await eventually(() => ana.get('timeline').locator('img').count()).toBe(1);
    await ana.get('media-retry').click();
    await eventually(() => ana.get('media-retry').count()).toBe(0);
    await eventually(() => ana.get('timeline').locator('img').count()).toBe(2);
  });
});
