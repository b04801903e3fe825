/** Words that are put together from several keys, and colleagues' names where there are very many of them. */
import type { CDPSession } from 'playwright-core';
import { afterAll, beforeAll, it } from 'vitest';
import { describeInBrowser, eventually } from './support/browser.ts';
import { seedColleagues } from './support/crowd.ts';
import type { Desk } from './support/desk.ts';
import { openDesk, startProduct, type Product } from './support/product.ts';

const MANY = 300;
/** The code of a key that the input method took. */
const PROCESSED = 229;

describeInBrowser('writing', (browser) => {
  let product: Product;
  let ana: Desk;
  let ime: CDPSession;

  beforeAll(async () => {
    product = await startProduct({ prepare: (database) => seedColleagues(database, MANY) });
    ana = await openDesk(browser(), product, 'ana');
    ime = await ana.page.context().newCDPSession(ana.page);
  });

  afterAll(async () => {
    await ana.close();
    await product.stop();
  });

  /** A word that is not finished. */
  const compose = async (text: string): Promise<void> => {
    await ime.send('Input.imeSetComposition', { text, selectionStart: text.length, selectionEnd: text.length });
  };
  /** Ends the word: this is what is meant. */
  const finish = async (text: string): Promise<void> => {
    await ime.send('Input.insertText', { text });
  };
  const press = async (key: string, windowsVirtualKeyCode: number): Promise<void> => {
    await ime.send('Input.dispatchKeyEvent', { type: 'rawKeyDown', key, code: key, windowsVirtualKeyCode });
    await ime.send('Input.dispatchKeyEvent', { type: 'keyUp', key, code: key, windowsVirtualKeyCode });
  };
  const value = (): Promise<string> => ana.get('composer').inputValue();
  const offered = (): Promise<string[]> => ana.get('mention').locator('[dir=auto]').allTextContents();

  it('is not sent by the Enter that ends a word, wherever the browser tells it, but by the next one', async () => {
    const kenji = await ana.hearsFrom(product.customer('Kenji Kana'));
    await ana.get('composer').focus();
    await compose('とうきょう');
    await press('Enter', 13);
    await finish('東京');
    // Safari tells the key when the word has ended.
    await press('Enter', PROCESSED);
    await eventually(value).toBe('東京');
    await press('Escape', PROCESSED);
    await compose('えき');
    await press('Escape', 27);
    await finish('駅');
    await eventually(value).toBe('東京駅');
    await eventually(() => ana.page.evaluate('document.activeElement.dataset.testid')).toBe('composer');
    await press('Enter', 13);
    await eventually(() => kenji.received()).toEqual(['東京駅']);
    await eventually(value).toBe('');
  });

  it('a word neither picks a colleague nor closes the list, and what is picked afterwards is whole', async () => {
    await ana.hearsFrom(product.customer('Mei Mention'));
    await ana.get('note-toggle').click();
    await ana.get('composer').fill('');
    await ana.get('composer').pressSequentially('@');
    await eventually(async () => (await offered()).length).toBeGreaterThan(MANY);
    await compose('Agent 15');
    await eventually(async () => (await offered()).length).toBe(10);
    await press('Enter', 13);
    await press('Escape', 27);
    await finish('Agent 15');
    await press('Enter', PROCESSED);
    await eventually(async () => [await value(), (await offered()).length]).toEqual(['@Agent 15', 10]);
    await press('Enter', 13);
    await eventually(value).toBe('@Agent 150 ');
  });

  it('an @ offers all of a long list: the keys lead through it, to what is in sight, and typing shortens it', async () => {
    await ana.hearsFrom(product.customer('Lou Long'));
    await ana.get('note-toggle').click();
    const text = ana.get('composer');
    /** Whom Enter would take, if the whole row is to be seen. */
    const inSight = (): Promise<string | null> =>
      ana.page.evaluate(`{
        const option = document.querySelector('[data-testid=mention][aria-selected=true]');
        const [row, list] = [option, option?.parentElement].map((element) => element?.getBoundingClientRect());
        const isSeen = list !== undefined && row.top >= list.top && row.bottom <= list.bottom;
        isSeen ? option.querySelector('[dir=auto]').textContent : null;
      }`);
    await text.fill('');
    await text.pressSequentially('@');
    await eventually(inSight).toBe('Adele Admin');
    await text.press('ArrowUp');
    await eventually(inSight).toBe('Lena Lead');
    await text.press('ArrowUp');
    await text.press('ArrowUp');
    await eventually(inSight).toBe(`Agent ${String(MANY)}`);
    for (let n = 0; n < 5; n += 1) await text.press('ArrowDown');
    await eventually(inSight).toBe('Agent 002');
    await text.pressSequentially('agent 29');
    await eventually(async () => (await offered()).length).toBe(10);
    await eventually(inSight).toBe('Agent 290');
    await text.press('ArrowUp');
    await text.press('Enter');
    await eventually(value).toBe('@Agent 299 ');
  });

  it('a note that names more colleagues than one note can says so, and waits until it names fewer', async () => {
    const names = Array.from({ length: 21 }, (_, index) => `@Agent ${String(index + 1).padStart(3, '0')}`);
    await ana.get('composer').fill(`Look, ${names.join(' ')}`);
    await ana.page.getByText('A note names 20 colleagues at most, this one 21').waitFor();
    await eventually(() => ana.get('send').isDisabled()).toBe(true);
    await ana.get('composer').fill(`Look, ${names.slice(1).join(' ')}`);
    await eventually(() => ana.get('send').isEnabled()).toBe(true);
    await ana.get('composer').press('End');
    await ana.get('send').click();
    await eventually(() => ana.get('note').getAttribute('data-note-id')).not.toBeNull();
  });

  it('an emoji is taken with the keys, and stands where the cursor was', async () => {
    await ana.hearsFrom(product.customer('Emil Emoji'));
    const text = ana.get('composer');
    await text.fill('Thanks  for waiting');
    await text.press('Home');
    for (let n = 0; n < 7; n += 1) await text.press('ArrowRight');
    await ana.get('emoji').click();
    await ana.get('emoji-grid').waitFor();
    await ana.page.keyboard.press('ArrowDown');
    await ana.page.keyboard.press('ArrowRight');
    await ana.page.keyboard.press('Enter');
    await eventually(value).toBe('Thanks 😍 for waiting');
    await ana.get('emoji').click();
    await ana.page.getByRole('heading', { level: 2, name: 'Emil Emoji' }).click();
    await eventually(() => ana.get('emoji-grid').count()).toBe(0);
    await text.fill('');
  });

  it('a word in the search finds what it means, and is not doubled on the way', async () => {
    await ana.hearsFrom(product.customer('大阪 花子'));
    await product.customer('Otto Other').writes('Hello');
    await ana.row('Otto Other').waitFor();
    const search = ana.get('search');
    await search.focus();
    for (const text of ['お', 'おお', 'おおさ', 'おおさか']) {
      await compose(text);
      await eventually(() => search.inputValue()).toBe(text);
    }
    await finish('大阪');
    await eventually(() => search.inputValue()).toBe('大阪');
    await eventually(() => ana.names()).toEqual(['大阪 花子']);
    await search.press('Escape');
    await eventually(() => search.inputValue()).toBe('');
  });
});
