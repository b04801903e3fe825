/** Files that arrive while somebody reads: nothing moves, so no press is lost. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import sharp from 'sharp';
import { describeInBrowser, eventually } from './support/browser.ts';
import type { Customer } from './support/customer.ts';
import type { Desk } from './support/desk.ts';
import { openDesk, startProduct, type Product } from './support/product.ts';

/** Top, left, width and height of everything in the timeline, on screen, in whole pixels. A player has no frame before. */
const PLACES = `[...document.querySelectorAll('[data-testid=timeline] :is(.message, .bubble, .media:not(.player), .footer)')]
  .map((one) => one.getBoundingClientRect())
  .map(({ top, left, width, height }) => [top, left, width, height].map(Math.round))`;

const UPLOADS = /\/api\/media\?/;

type Places = readonly (readonly number[])[];

describeInBrowser('a timeline in which files arrive', (browser) => {
  let product: Product;
  let ana: Desk;

  beforeAll(async () => {
    product = await startProduct();
    ana = await openDesk(browser(), product, 'ana');
  });

  afterAll(async () => {
    await ana.close();
    await product.stop();
  });

  const places = (): Promise<Places> => ana.page.evaluate<Places>(PLACES);
  const pictures = (): Promise<number> => ana.get('timeline').locator('img').count();
  const react = (text: string) => ana.bubble(text).getByRole('button', { name: 'React', exact: true });

  /** A conversation whose files, a picture among them, are not fetched before the returned function is called. */
  const awaitsFiles = async (customer: Customer): Promise<() => void> => {
    await customer.writes('Before them');
    product.media.child.kill('SIGSTOP');
    await customer.writes('', { file: 'image' });
    await customer.writes('Between them');
    return () => {
      product.media.child.kill('SIGCONT');
    };
  };

  it('stays where it is when a file, a picture or an album has been fetched from the carrier', async () => {
    const pia = product.customer('Pia Pending');
    const arrive = await awaitsFiles(pia);
    for (const file of ['audio', 'document', 'image', 'image'] as const) await pia.writes('', { file });
    await pia.writes('After them');
    await ana.openThread('Pia Pending');
    await eventually(() => ana.get('timeline').getByText('is being fetched').count()).toBe(5);
    await ana.bubble('After them').waitFor();
    const before = await places();
    arrive();
    await eventually(pictures).toBe(3);
    await ana.page.locator('.player-toggle:enabled').waitFor();
    await ana.get('timeline').getByTitle('Save Order.pdf').waitFor();
    expect(await places()).toEqual(before);
  });

  it('does not lose a press during which a picture arrives', async () => {
    const paula = product.customer('Paula Press');
    const arrive = await awaitsFiles(paula);
    await ana.openThread('Paula Press');
    await ana.get('timeline').getByText('is being fetched').waitFor();
    await ana.bubble('Before them').hover();
    await react('Before them').hover();
    await ana.page.mouse.down();
    arrive();
    await eventually(pictures).toBe(1);
    await ana.page.mouse.up();
    await ana.bubble('Before them').getByRole('button', { name: 'React: 🎉' }).waitFor();
    await ana.page.keyboard.press('Escape');
  });

  it('gives a picture whose size is known the room of that size before its bytes are there', async () => {
    const kim = product.customer('Kim Known');
    (await awaitsFiles(kim))();
    await ana.openThread('Kim Known');
    await eventually(pictures).toBe(1);
    let release = (): void => undefined;
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    await ana.page.route('**/api/media/**', (route) => released.then(() => route.continue()));
    await ana.page.reload();
    await ana.bubble('Between them').waitFor();
    const before = await places();
    expect(await pictures()).toBe(0);
    release();
    await eventually(pictures).toBe(1);
    expect(await places()).toEqual(before);
    expect(await ana.get('timeline').locator('.media').boundingBox()).toMatchObject({ width: 320, height: 210 });
    await ana.page.unroute('**/api/media/**');
  });

  it('does not move either when a picture that was sent is replaced by the one that was stored', async () => {
    await ana.hearsFrom(product.customer('Sue Sent'));
    const blank = { create: { width: 300, height: 600, channels: 3, background: '#225588' } } as const;
    const buffer = await sharp(blank).jpeg().toBuffer();
    let release = (): void => undefined;
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    await ana.page.route(UPLOADS, (route) => released.then(() => route.continue()));
    await ana.get('file-input').setInputFiles([{ name: 'tall.jpg', mimeType: 'image/jpeg', buffer }]);
    // Its size is known as soon as its preview is drawn.
    const isDrawn = () => ana.page.evaluate<boolean>("document.querySelector('[data-testid=tray-file] img')?.complete");
    await eventually(isDrawn).toBe(true);
    await ana.get('composer').fill('As tall as that');
    await ana.get('send').click();
    const frame = ana.get('timeline').locator('.media');
    await ana.get('upload').waitFor();
    const before = await frame.boundingBox();
    release();
    await ana.page.locator('[data-message-id] .media img').waitFor();
    const { width, height } = (await frame.boundingBox()) ?? {};
    expect({ width, height }).toEqual({ width: before?.width, height: before?.height });
    expect({ width, height }).toEqual({ width: 160, height: 320 });
    await ana.page.unroute(UPLOADS);
  });
});
