/** Saved replies: managed by a lead, inserted by an agent. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { problemsOf, stickingOut } from './support/axe.ts';
import { describeInBrowser, eventually } from './support/browser.ts';
import type { Desk } from './support/desk.ts';
import { aDocument } from './support/files.ts';
import { openDesk, startProduct, type Product } from './support/product.ts';

describeInBrowser('a saved reply', (browser) => {
  let product: Product;
  let lena: Desk;
  let ana: Desk;

  beforeAll(async () => {
    product = await startProduct();
    lena = await openDesk(browser(), product, 'lead', { context: { reducedMotion: 'reduce' } });
    ana = await openDesk(browser(), product, 'ana');
  });

  afterAll(async () => {
    await Promise.all([ana.close(), lena.close()]);
    await product.stop();
  });

  const reply = (desk: Desk, shortcut: string) => desk.get('reply').filter({ hasText: `/${shortcut}` });
  const offered = (desk: Desk): Promise<string[]> => desk.get('saved-reply').locator('strong').allTextContents();
  const chosen = (desk: Desk): Promise<string[]> =>
    desk.page.locator('[role=option][aria-selected=true] strong').allTextContents();
  const value = (): Promise<string> => ana.get('composer').inputValue();

  const add = async (shortcut: string, text: string): Promise<void> => {
    await lena.get('reply-add').click();
    await lena.get('reply-shortcut').fill(shortcut);
    await lena.get('reply-text').fill(text);
    await lena.get('reply-save').click();
    await eventually(() => lena.get('reply-outcome').textContent()).toBe(`/${shortcut.toLowerCase()} is saved.`);
  };

  it('is added by a lead, with what is wrong by name, and is in the composer of an agent without a reload', async () => {
    await ana.hearsFrom(product.customer('Grace Hopper'));
    await lena.get('go-replies').click();
    await lena.get('no-replies').waitFor();
    await lena.get('reply-add').click();
    await lena.page.keyboard.type('/Good day');
    await lena.get('reply-text').fill('Hello {{customer.nmae}}');
    await lena.get('reply-save').click();
    await lena.get('reply-shortcut-problem').getByText('must consist of letters').waitFor();
    await lena.get('reply-text-problem').getByText('unknown placeholder: {{customer.nmae}}').waitFor();
    await lena.get('reply-shortcut').fill('Hello');
    await lena.get('reply-text').fill('Hello , I am {{agent.name}}.');
    await lena.get('reply-text').press('Home');
    for (let n = 0; n < 6; n += 1) await lena.get('reply-text').press('ArrowRight');
    await lena.get('insert-customer.name').click();
    await eventually(() => lena.get('reply-text').inputValue()).toBe('Hello {{customer.name}}, I am {{agent.name}}.');
    await lena.get('reply-save').click();
    await eventually(() => lena.get('reply-outcome').textContent()).toBe('/hello is saved.');
    await reply(lena, 'hello').getByText('You').waitFor();
    await add('hours', 'We are open from 9 to 5.');
    await add('after-hours', 'We are closed now.');
    await lena.get('reply-add').click();
    await lena.get('reply-shortcut').fill('HOURS');
    await lena.get('reply-text').fill('Always');
    await lena.get('reply-save').click();
    await lena.get('reply-shortcut-problem').getByText('of another saved reply').waitFor();
    await lena.page.keyboard.press('Escape');

    await ana.get('composer').pressSequentially('/');
    await eventually(() => offered(ana)).toEqual(['/after-hours', '/hello', '/hours']);
    await ana.get('composer').pressSequentially('hou');
    await eventually(() => offered(ana)).toEqual(['/hours', '/after-hours']);
    await ana.get('composer').press('ArrowDown');
    await ana.get('composer').press('Tab');
    await eventually(value).toBe('We are closed now.');
  });

  it('is shown with the names filled in, is inserted by Enter and sent by the next one', async () => {
    const wanda = await ana.hearsFrom(product.customer('Wanda Writes'));
    await ana.get('composer').pressSequentially('/he');
    await ana.get('saved-reply').getByText('Hello Wanda Writes, I am Ana Prado.').waitFor();
    await ana.get('composer').press('Enter');
    await eventually(value).toBe('Hello Wanda Writes, I am Ana Prado.');
    await eventually(() => ana.get('saved-reply').count()).toBe(0);
    await ana.get('composer').press('Enter');
    await eventually(() => wanda.received()).toEqual(['Hello Wanda Writes, I am Ana Prado.']);
  });

  it('is not offered inside a text, and Escape leaves what was typed, which is sent as it is', async () => {
    const otto = await ana.hearsFrom(product.customer('Otto Other'));
    const text = ana.get('composer');
    await text.pressSequentially('/');
    await ana.get('saved-reply').first().waitFor();
    await text.press('Escape');
    await eventually(() => ana.get('saved-reply').count()).toBe(0);
    await text.pressSequentially('hours');
    await eventually(value).toBe('/hours');
    await text.press('Enter');
    await eventually(() => otto.received()).toEqual(['/hours']);
    await text.pressSequentially('and /h');
    await eventually(value).toBe('and /h');
    await text.press('Enter');
    await eventually(() => otto.received()).toEqual(['/hours', 'and /h']);
    // Whatever was closed is offered again in the next text.
    await text.pressSequentially('/');
    await ana.get('saved-reply').first().waitFor();
    await text.fill('');
  });

  it('is found with the mouse too, in a note as well, and stands where the cursor was', async () => {
    await ana.hearsFrom(product.customer('Nora Note'));
    await ana.get('composer').fill('First. ');
    await ana.get('saved-replies').click();
    await ana.get('saved-reply-search').fill('open from');
    await eventually(() => offered(ana)).toEqual(['/hours']);
    await ana.page.keyboard.press('Escape');
    await eventually(() => ana.get('saved-reply-picker').count()).toBe(0);
    await ana.get('saved-replies').click();
    await ana.get('saved-reply').filter({ hasText: '/hours' }).click();
    await eventually(value).toBe('First. We are open from 9 to 5.');
    await ana.get('composer').fill('');
    await ana.get('note-toggle').click();
    await ana.get('composer').pressSequentially('/after');
    await ana.get('saved-reply').click();
    await eventually(value).toBe('We are closed now.');
    await ana.get('composer').press('Enter');
    await ana.get('note').getByText('We are closed now.').waitFor();
  });

  it('that two people change is changed by neither unawares, and one that is removed can be added again', async () => {
    const adele = await openDesk(browser(), product, 'admin');
    await adele.get('go-replies').click();
    const change = async (desk: Desk, text: string): Promise<void> => {
      await reply(desk, 'hello').getByTestId('reply-edit').click();
      await desk.get('reply-text').fill(text);
    };
    await change(adele, 'From Adele');
    await change(lena, 'From Lena');
    await lena.get('reply-save').click();
    await eventually(() => reply(lena, 'hello').textContent()).toContain('From Lena');
    await adele.get('reply-changed').getByText('Lena Lead changed this reply meanwhile. /hello: From Lena').waitFor();
    await eventually(() => adele.get('reply-save').isDisabled()).toBe(true);
    await adele.get('take-theirs').click();
    await eventually(() => adele.get('reply-text').inputValue()).toBe('From Lena');
    await adele.get('reply-text').fill('From both');
    await adele.get('reply-save').click();
    await eventually(() => reply(lena, 'hello').textContent()).toContain('From bothAdele Admin');

    await change(adele, 'Back again');
    await ana.goOffline();
    await reply(lena, 'hello').getByTestId('reply-remove').click();
    await lena.get('reply-confirmed').click();
    await adele.get('reply-removed').waitFor();
    await ana.comeBack();
    await ana.get('composer').fill('');
    await ana.get('composer').pressSequentially('/');
    await eventually(() => offered(ana)).toEqual(['/after-hours', '/hours']);
    await ana.get('composer').press('ArrowDown');
    await eventually(() => chosen(ana)).toEqual(['/hours']);
    await adele.get('reply-save').click();
    await eventually(() => offered(ana)).toEqual(['/after-hours', '/hello', '/hours']);
    // What was chosen stays so, wherever it now stands.
    expect(await chosen(ana)).toEqual(['/hours']);
    await ana.get('composer').fill('');
    await adele.close();
  });

  it('adds no more files once its form is closed', async () => {
    const input = lena.get('reply-file-input');
    const asked: (string | null)[] = [];
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const uploads = '**/api/saved-replies/files?*';
    await lena.page.route(uploads, async (route) => {
      asked.push(new URL(route.request().url()).searchParams.get('filename'));
      if (asked.length === 1) await held;
      await route.continue();
    });
    await lena.get('reply-add').click();
    await input.setInputFiles([aDocument('First.pdf', 100), aDocument('Second.pdf', 100)]);
    await eventually(() => asked).toEqual(['First.pdf']);
    await lena.page.keyboard.press('Escape');
    await eventually(() => lena.get('reply-form').count()).toBe(0);
    release();
    await lena.get('reply-add').click();
    await input.setInputFiles([aDocument('Third.pdf', 100)]);
    await eventually(() => lena.get('reply-file').locator('.tray-name').allTextContents()).toEqual(['Third.pdf']);
    await eventually(() => lena.get('reply-file').locator('progress').count()).toBe(0);
    expect(asked).toEqual(['First.pdf', 'Third.pdf']);
    await lena.page.keyboard.press('Escape');
    await lena.page.unroute(uploads);
  });

  it('is managed by leads only', async () => {
    expect(await ana.get('go-replies').count()).toBe(0);
    await ana.page.evaluate(`location.hash = '#/replies'`);
    await ana.get('refused-bar').getByText('for managers and administrators').waitFor();
    await ana.page.goBack();
  });

  it.each(['light', 'dark'] as const)(
    'is seen by everybody, also in a narrow window and enlarged: %s',
    async (scheme) => {
      await lena.page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' });
      await lena.get('go-replies').click();
      for (const [width, height] of [
        [1440, 900],
        [900, 700],
        // What a window of 1440 px has at 200 %.
        [720, 450],
      ] as const) {
        await lena.page.setViewportSize({ width, height });
        await reply(lena, 'hours').first().waitFor();
        expect(await problemsOf(lena)).toEqual([]);
        expect(await stickingOut(lena)).toEqual([]);
        await lena.get('reply-add').click();
        await lena.get('reply-shortcut').fill('two words');
        await lena.get('reply-text').fill('x');
        await lena.get('reply-save').click();
        await lena.get('reply-shortcut-problem').waitFor();
        expect(await problemsOf(lena)).toEqual([]);
        expect(await stickingOut(lena)).toEqual([]);
        await lena.page.keyboard.press('Escape');
      }
      await lena.page.setViewportSize({ width: 1440, height: 900 });
      await lena.get('filter-all').click();
      await lena.openThread('Nora Note');
      await lena.get('composer').pressSequentially('/');
      await lena.get('saved-reply').first().waitFor();
      expect(await problemsOf(lena)).toEqual([]);
      await lena.get('composer').fill('');
      await lena.get('saved-replies').click();
      await lena.get('saved-reply-search').waitFor();
      expect(await problemsOf(lena)).toEqual([]);
      await lena.page.keyboard.press('Escape');
    },
  );
});
