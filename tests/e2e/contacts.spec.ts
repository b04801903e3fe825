/** Two contacts that are one person. */
import { afterAll, beforeAll, it } from 'vitest';
import { describeInBrowser, eventually } from './support/browser.ts';
import { openDesk, startProduct, type Product } from './support/product.ts';

describeInBrowser('a lead', (browser) => {
  let product: Product;

  beforeAll(async () => {
    product = await startProduct();
  });

  afterAll(async () => {
    await product.stop();
  });

  it('merges two contacts and takes them apart again, before the eyes of a colleague', async () => {
    const [lena, ana] = await Promise.all([openDesk(browser(), product, 'lead'), openDesk(browser(), product, 'ana')]);
    await product.customer('Olivia Old').writes('From my old phone');
    await product.customer('Olivia New').writes('From my new phone');
    await ana.lists('Olivia Old');
    await lena.openThread('Olivia New');

    await lena.get('merge-open').click();
    await lena.get('merge-search').fill('Olivia');
    await lena.get('merge-candidate').filter({ hasText: 'Olivia Old' }).click();
    await lena.get('merge-confirm').click();
    await eventually(() => lena.texts()).toEqual(['From my old phone', 'From my new phone']);
    await ana.lists('Olivia Old', 0);
    await ana.lists('Olivia New');

    await lena.get('merge-undo').click();
    await eventually(() => lena.texts()).toEqual(['From my new phone']);
    await ana.lists('Olivia Old');
    await ana.openThread('Olivia Old');
    await eventually(() => ana.texts()).toEqual(['From my old phone']);
    await eventually(() => lena.get('merge-undo').count()).toBe(0);
    await Promise.all([lena.close(), ana.close()]);
  });
});
