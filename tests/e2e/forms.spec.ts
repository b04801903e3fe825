/** Forms in the place of the text: by keyboard alone, by people in a hurry, and by people who close them by mistake. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { describeInBrowser, eventually } from './support/browser.ts';
import type { Desk } from './support/desk.ts';
import { aDocument, aPhoto } from './support/files.ts';
import { openDesk, startProduct, type Product } from './support/product.ts';

const TYPED = { location: 'location-where', contact: 'contact-name', poll: 'poll-question' } as const;
const ASKED = { choices: 'question-body', products: 'catalog-id', flow: 'flow-label' } as const;

describeInBrowser('a form', (browser) => {
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

  const focused = (): Promise<unknown> => adele.page.evaluate('document.activeElement.dataset.testid');

  it('is reached by keyboard: arrows go round in the menu, Home and End to its ends, Tab leaves it', async () => {
    await adele.hearsFrom(product.customer('Kai Keyboard'));
    await adele.get('more-to-send').focus();
    const { keyboard } = adele.page;
    const press = async (...keys: readonly string[]): Promise<unknown> => {
      for (const key of keys) await keyboard.press(key);
      return await focused();
    };
    expect(await press('Enter')).toBe('sheet-location');
    expect(await press('ArrowDown')).toBe('sheet-contact');
    expect(await press('End')).toBe('sheet-flow');
    expect(await press('ArrowDown')).toBe('sheet-location');
    expect(await press('ArrowUp')).toBe('sheet-flow');
    expect(await press('Home')).toBe('sheet-location');
    await press('Tab');
    await eventually(() => adele.page.getByRole('menu').count()).toBe(0);
    await adele.get('more-to-send').focus();
    await press('Enter', 'ArrowDown', 'Enter');
    await adele.get('contact-sheet').waitFor();
    await eventually(() => focused()).toBe('contact-name');
  });

  it.each([
    ['cloud', ASKED],
    ['evolution', TYPED],
  ] as const)('keeps what was typed for its conversation until it is sent (%s)', async (number, fields) => {
    const [first, second] = [`Fay First ${number}`, `Sue Second ${number}`];
    await adele.hearsFrom(product.customer(second, number));
    await adele.hearsFrom(product.customer(first, number));
    for (const [sheet, field] of Object.entries(fields)) {
      await adele.openForm(sheet);
      await adele.get(field).fill(`Begun ${sheet}`);
      await adele.page.keyboard.press('Escape');
      await adele.openForm(sheet);
      await eventually(() => adele.get(field).inputValue()).toBe(`Begun ${sheet}`);
      await adele.openThread(second);
      await adele.openForm(sheet);
      await eventually(() => adele.get(field).inputValue()).toBe('');
      await adele.openThread(first);
      await adele.openForm(sheet);
      await eventually(() => adele.get(field).inputValue()).toBe(`Begun ${sheet}`);
      await adele.page.keyboard.press('Escape');
    }
  });

  it('is empty again when it was sent', async () => {
    await adele.hearsFrom(product.customer('Emma Empty', 'evolution'));
    await adele.openForm('poll');
    await adele.get('poll-question').fill('Which?');
    await adele.get('option-1').fill('This');
    await adele.get('option-2').fill('That');
    await adele.get('send').click();
    await adele.bubble('Which?').waitFor();
    await adele.openForm('poll');
    await eventually(() => adele.get('poll-question').inputValue()).toBe('');
  });

  it('keeps a chosen file', async () => {
    await adele.hearsFrom(product.customer('Fred File'));
    await adele.openForm('choices');
    await adele.get('header-type').selectOption('file');
    await adele.get('file-above').setInputFiles([aDocument('Menu.pdf', 2000)]);
    await adele.page.keyboard.press('Escape');
    await adele.openThread('Kai Keyboard');
    await adele.openThread('Fred File');
    await adele.openForm('choices');
    await eventually(() => adele.get('tray-file').textContent()).toContain('Menu.pdf');
  });

  it('does not send the text that waits behind it when somebody is in a hurry', async () => {
    const harry = await adele.hearsFrom(product.customer('Harry Hurry', 'evolution'));
    const fill = async (question: string): Promise<void> => {
      await adele.openForm('poll');
      await adele.get('option-1').fill('Yes');
      await adele.get('option-2').fill('No');
      await adele.get('poll-question').fill(question);
    };
    await adele.get('composer').fill('Not finished yet');
    await fill('Clicked twice?');
    await adele.get('send').dblclick();
    await fill('Held down?');
    await adele.get('option-2').focus();
    await adele.page.keyboard.down('Enter');
    await adele.page.keyboard.down('Enter');
    await adele.page.keyboard.up('Enter');
    await eventually(() => harry.receivedThings().then((things) => things.length)).toBe(2);
    await eventually(() => adele.get('composer').inputValue()).toBe('Not finished yet');
    expect(await harry.received()).not.toContain('Not finished yet');
  });

  it('goes on where a line was added, also at the last', async () => {
    await adele.hearsFrom(product.customer('Lily Lines', 'evolution'));
    await adele.openForm('poll');
    for (let number = 3; number <= 10; number += 1) {
      await adele.get('poll-sheet').getByRole('button', { name: 'Another option' }).press('Enter');
      await eventually(() => focused()).toBe(`option-${String(number)}`);
    }
    await adele.hearsFrom(product.customer('Simon Sections'));
    await adele.openForm('products');
    await adele.get('products-type').selectOption('product_list');
    await adele.get('products-sheet').getByRole('button', { name: 'Another section' }).press('Enter');
    await eventually(() => focused()).toBe('title-2');
  });

  describe('of a template', () => {
    /** Holds up uploads until it is called; `seen` counts them. */
    const holdUploads = async (): Promise<{ readonly release: () => void; readonly seen: () => number }> => {
      let release: () => void = () => undefined;
      const held = new Promise<void>((resolve) => {
        release = resolve;
      });
      let seen = 0;
      await adele.page.route('**/api/media?*', async (route) => {
        seen += 1;
        await held;
        await route.continue();
      });
      return { release, seen: () => seen };
    };

    const fillIn = async (): Promise<void> => {
      await adele.get('template-option').filter({ hasText: 'Something for you' }).click();
      await adele.get('file-above').setInputFiles([await aPhoto('lamp.jpg', '#cc8833')]);
      for (const field of await adele.get('template-fill').getByRole('textbox').all()) await field.fill('Tom');
    };

    afterEach(async () => {
      await adele.page.unroute('**/api/media?*');
    });

    it('is kept, and sent once and to its own conversation, however long its picture takes', async () => {
      const olga = await adele.hearsFrom(product.customer('Olga Other'));
      const tom = await adele.hearsFrom(product.customer('Tom Template'));
      await adele.fetchTemplates();
      const uploads = await holdUploads();
      await adele.openThread('Tom Template');
      await adele.openForm('template');
      await fillIn();
      await adele.openThread('Olga Other');
      await adele.openThread('Tom Template');
      await adele.openForm('template');
      await adele.get('template-option').filter({ hasText: 'Something for you' }).click();
      await adele.get('template-fill').getByTestId('send').click();
      await adele.get('upload').waitFor();
      await eventually(() => adele.get('template-fill').count()).toBe(0);
      await adele.openThread('Olga Other');
      await adele.openForm('contact');
      uploads.release();
      await eventually(() => tom.received().then((all) => all.length)).toBe(1);
      await eventually(() => adele.get('contact-sheet').count()).toBe(1);
      expect(uploads.seen()).toBe(1);
      expect(await olga.received()).toEqual([]);
    });

    it('begins no conversation when it is closed while its picture goes out, and is there the next time', async () => {
      const nobody = product.customer('Nobody Yet');
      const uploads = await holdUploads();
      const begin = async (): Promise<void> => {
        await adele.get('new').click();
        await adele.page.getByLabel('Through').selectOption({ index: 0 });
        await adele.get('begin-to').fill(`+${nobody.phone}`);
      };
      await begin();
      await fillIn();
      const answered = adele.page.waitForResponse(/api\/media\?/);
      await adele.get('template-fill').getByTestId('send').click();
      await eventually(() => uploads.seen()).toBe(1);
      await adele.page.keyboard.press('Escape');
      await adele.get('new-conversation').waitFor({ state: 'detached' });
      uploads.release();
      await answered;
      await begin();
      await adele.get('template-option').filter({ hasText: 'Something for you' }).click();
      expect(await nobody.received()).toEqual([]);
      await adele.get('template-fill').getByTestId('send').click();
      await eventually(() => nobody.received().then((all) => all.length)).toBe(1);
    });
  });

  it('is empty for whoever logs in next', async () => {
    await adele.hearsFrom(product.customer('Nina Next', 'evolution'));
    await adele.openForm('poll');
    await adele.get('poll-question').fill('Only mine');
    await adele.get('logout').click();
    await adele.logIn('lead@demo.test', product.passwordOf('lead@demo.test'));
    await adele.isLive();
    await adele.openThread('Nina Next');
    await adele.openForm('poll');
    await eventually(() => adele.get('poll-question').inputValue()).toBe('');
  });
});
