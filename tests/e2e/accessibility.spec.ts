/** What screen readers are told and tired eyes can read, by axe's rules, in the light and in the dark. */
import axe from 'axe-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeInBrowser, eventually } from './support/browser.ts';
import { Desk } from './support/desk.ts';
import { openDesk, startProduct, type Product } from './support/product.ts';

/** What is wrong on screen, one line each. */
const LOOK = `axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) =>
  violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => id + ': ' + html)))`;

async function problemsOf(desk: Desk): Promise<readonly string[]> {
  // Once per page; the page's own policy would refuse a script tag.
  if (!(await desk.page.evaluate<boolean>(`'axe' in window`))) await desk.page.evaluate(axe.source);
  return await desk.page.evaluate<readonly string[]>(LOOK);
}

describeInBrowser('for everybody', (browser) => {
  let product: Product;

  beforeAll(async () => {
    product = await startProduct();
  });

  afterAll(async () => {
    await product.stop();
  });

  const SCHEMES = ['light', 'dark'] as const;
  // What is fading in is pale for a moment.
  const drawnIn = (colorScheme: 'light' | 'dark') => ({ colorScheme, reducedMotion: 'reduce' }) as const;

  it.each(SCHEMES)('nothing is hidden or pale at the door and in a conversation: %s', async (colorScheme) => {
    const context = drawnIn(colorScheme);
    const door = await Desk.arrive(browser(), product.nodes[0]?.url ?? '', context);
    await door.get('login-email').waitFor();
    expect(await problemsOf(door)).toEqual([]);
    await door.close();

    const name = `Alma ${colorScheme}`;
    const alma = product.customer(name);
    for (const file of ['image', 'image', undefined] as const)
      await alma.writes('Which one?', file === undefined ? {} : { file });
    const adele = await openDesk(browser(), product, 'admin', { context });
    await adele.row(name).waitFor();
    const look = async (): Promise<void> => {
      expect(await problemsOf(adele)).toEqual([]);
    };
    await look();
    // Words stand for photos until these are there.
    let release = (): void => undefined;
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    await adele.page.route('**/api/media/**', (route) => released.then(() => route.continue()));
    await adele.openThread(name);
    await eventually(() => adele.page.locator('.media-placeholder').count()).toBe(2);
    await look();
    release();
    await adele.send('The left one');
    await adele.get('note-toggle').click();
    await adele.send('She cannot decide');
    await adele.get('note').waitFor();
    await adele.get('composer').pressSequentially('@');
    await adele.get('mention').first().waitFor();
    await look();
    await adele.get('composer').fill('');
    await adele.page.getByRole('tab', { name: 'Reply' }).click();
    await adele.get('more-to-send').click();
    await look();
    await adele.get('sheet-products').click();
    await adele.get('products-type').selectOption('product_list');
    await adele.get('header-text').focus();
    await adele.get('catalog-id').focus();
    await look();
    await adele.page.keyboard.press('Escape');
    await adele.get('sheet-choices').click();
    await adele.get('header-type').selectOption('file');
    await adele.get('narrow').click();
    await look();
    await adele.close();
  });

  it.each(SCHEMES)('nothing is hidden or pale in windows and on the other screens: %s', async (colorScheme) => {
    const name = `Alva ${colorScheme}`;
    const adele = await openDesk(browser(), product, 'admin', { context: drawnIn(colorScheme) });
    await adele.hearsFrom(product.customer(name));
    await adele.send('In the reports this is somebody who did something');
    const look = async (): Promise<void> => {
      expect(await problemsOf(adele)).toEqual([]);
    };
    for (const [open, shown] of [
      ['export-open', 'export'],
      ['erase-open', 'erase'],
      ['new', 'new-conversation'],
      ['help-open', 'help'],
      ['password-open', 'password'],
    ] as const) {
      await adele.get(open).click();
      await adele.get(shown).waitFor();
      await look();
      await adele.page.keyboard.press('Escape');
    }
    await adele.get('go-numbers').click();
    const number = adele.get('number').filter({ hasText: 'Evolution API' });
    await number.waitFor();
    await look();
    for (const [open, shown] of [
      ['number-edit', 'number-form'],
      ['number-secrets', 'secrets'],
    ] as const) {
      await number.getByTestId(open).click();
      await adele.get(shown).waitFor();
      await look();
      await adele.page.keyboard.press('Escape');
    }
    await adele.get('go-team').click();
    await adele.get('waiting').first().waitFor();
    await look();
    await adele.get('go-reports').click();
    await eventually(async () => {
      await adele.readReportAgain();
      return adele.get('report-member').count();
    }).toBeGreaterThan(0);
    await adele.get('days-open').click();
    await adele.get('range-own').click();
    await adele.get('range-to').waitFor();
    await look();
    await adele.get('range-to').fill('2020-01-01');
    await eventually(() => adele.get('range-problem').textContent()).toContain('before');
    await look();
    await adele.get('go-members').click();
    await adele.get('member').first().waitFor();
    await look();
    await adele.get('member-reset').first().click();
    await adele.get('member-reset-form').waitFor();
    await look();
    await adele.get('reset-confirmed').click();
    await adele.get('member-password').waitFor();
    await look();
    await adele.get('member-done').click();
    for (const [open, shown] of [
      ['member-add', 'member-form'],
      ['member-remove', 'member-confirm'],
    ] as const) {
      await adele.get(open).first().click();
      await adele.get(shown).waitFor();
      await look();
      await adele.page.keyboard.press('Escape');
    }
    await adele.get('member-add').click();
    await adele.get('member-displayName').fill(name);
    await adele.get('member-email').fill(`${colorScheme}@demo.test`);
    await adele.get('member-save').click();
    await adele.get('member-added').waitFor();
    await look();
    await adele.get('member-done').click();
    await adele.get('filter-all').click();
    await adele.get('erase-open').click();
    await adele.get('erase-name').fill('Somebody');
    await adele.page.keyboard.press('Enter');
    await adele.get('erase').getByRole('alert').waitFor();
    await look();
    await adele.get('erase-name').fill(name);
    await look();
    await adele.page.keyboard.press('Enter');
    await adele.get('erasing').waitFor();
    await look();
    await adele.get('erasing-done').click();
    await adele.get('erased').waitFor();
    await look();
    await adele.close();
  });

  it('what is chosen is still seen to be where the system forces its colours', async () => {
    const context = { forcedColors: 'active', viewport: { width: 1440, height: 900 } } as const;
    const desk = await openDesk(browser(), product, 'lead', { context });
    await desk.hearsFrom(product.customer('Fay Forced'));
    await desk.page.keyboard.press('n');
    /** One property of all of these. */
    const looks = (these: string, property: string): Promise<readonly string[]> =>
      desk.page.evaluate(`[...document.querySelectorAll('${these}')].map((one) => getComputedStyle(one).${property})`);
    await eventually(() => looks('.folder', 'outlineStyle')).toContain('solid');
    await eventually(() => looks('.row[aria-current=true]', 'outlineStyle')).toEqual(['solid']);
    await eventually(async () => new Set(await looks('.composer-tabs button', 'borderBottomColor')).size).toBe(2);
    await desk.close();
  });

  it('every control is reached in a low window, as at 200 % zoom', async () => {
    const context = { viewport: { width: 720, height: 450 } };
    const adele = await openDesk(browser(), product, 'admin', { context });
    await adele.page.mouse.move(26, 225);
    // Only a wheel tells: a browser asked to show an element also moves what no hand can.
    await adele.page.mouse.wheel(0, 2000);
    const bottom = async (): Promise<number> => {
      const { y = 0, height = 0 } = (await adele.get('logout').boundingBox()) ?? {};
      return y + height;
    };
    await eventually(bottom).toBeLessThanOrEqual(450);
    await adele.close();
  });

  it('axe finds what is wrong (the check above can fail)', async () => {
    const door = await Desk.arrive(browser(), product.nodes[0]?.url ?? '');
    await door.get('login-email').waitFor();
    await door.page.evaluate(`document.querySelector('label').replaceWith(document.querySelector('label input'))`);
    expect((await problemsOf(door)).join()).toContain('label: <input');
    await door.close();
  });
});
