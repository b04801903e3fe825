/** The command palette: by keys, from everywhere, for everybody. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { problemsOf, stickingOut } from './support/axe.ts';
import { describeInBrowser, eventually } from './support/browser.ts';
import { CROWD_LOGIN, seedCrowd } from './support/crowd.ts';
import { Desk } from './support/desk.ts';
import { headings, isClosed, labels, open } from './support/palette.ts';
import { openDesk, startProduct, type Product } from './support/product.ts';

const MANY = 5000;

describeInBrowser('the command palette', (browser) => {
  let product: Product;
  let lena: Desk;

  beforeAll(async () => {
    product = await startProduct({ prepare: (database) => seedCrowd(database, MANY) });
    lena = await openDesk(browser(), product, 'lead');
  });

  afterAll(async () => {
    await lena.close();
    await product.stop();
  });

  const focused = (desk: Desk): Promise<string> =>
    desk.page.evaluate<string>("document.activeElement.getAttribute('data-testid') ?? document.activeElement.tagName");
  /** The name of the row that a screen reader is told of. */
  const chosen = (desk: Desk): Promise<string> =>
    desk.page.evaluate<string>(
      "document.getElementById(document.activeElement.getAttribute('aria-activedescendant'))?.textContent ?? ''",
    );
  /** Types into the open palette and takes the first row once it is this one. */
  const take = async (desk: Desk, text: string, first: string): Promise<void> => {
    await desk.get('palette-field').fill(text);
    await eventually(async () => (await labels(desk))[0]).toBe(first);
    await desk.page.keyboard.press('Enter');
    if (!first.startsWith('Assign to a colleague')) await isClosed(desk);
  };

  it('opens over a text that is being written and gives back the focus and the place in it', async () => {
    await lena.hearsFrom(product.customer('Olga Open'));
    await lena.get('composer').fill('Dear Olga');
    await lena.get('composer').press('Home');
    await open(lena);
    await eventually(() => focused(lena)).toBe('palette-field');
    await lena.page.keyboard.press('Escape');
    await isClosed(lena);
    await eventually(() => focused(lena)).toBe('composer');
    await lena.page.keyboard.type('My ');
    await eventually(() => lena.get('composer').inputValue()).toBe('My Dear Olga');
    // The key closes it as well.
    await open(lena);
    await lena.page.keyboard.press('Control+k');
    await isClosed(lena);
    await lena.get('composer').fill('');
    await lena.page.keyboard.press('Escape');
    // From a menu the focus goes back to what the menu was opened from.
    await lena.get('resolve').focus();
    await lena.page.keyboard.press('z');
    await lena.get('snooze-1h').waitFor();
    await open(lena);
    await eventually(() => lena.get('snooze-1h').count()).toBe(0);
    await lena.page.keyboard.press('Escape');
    await eventually(() => focused(lena)).toBe('resolve');
    // Another window on top keeps its keys.
    await lena.page.keyboard.press('?');
    await lena.get('help').getByText('Ctrl+K').waitFor();
    await lena.page.keyboard.press('Control+k');
    await lena.page.evaluate('new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))');
    expect(await lena.get('palette').count()).toBe(0);
    await lena.page.keyboard.press('Escape');
    await eventually(() => lena.get('help').count()).toBe(0);
  });

  it('leads from a text that is being written to another conversation, where it can be gone on', async () => {
    const value = (): Promise<string> => lena.get('composer').inputValue();
    await lena.hearsFrom(product.customer('Wim Writes'));
    await lena.get('composer').fill('For Wim');
    await open(lena);
    await take(lena, 'olga open', 'Olga Open');
    await eventually(() => lena.page.locator('main h2').textContent()).toBe('Olga Open');
    await eventually(() => focused(lena)).toBe('composer');
    await lena.page.keyboard.type('For Olga');
    await eventually(value).toBe('For Olga');
    // By key as well; and what was written stays where it was.
    await lena.page.keyboard.press('Alt+k');
    await eventually(() => lena.page.locator('main h2').textContent()).toBe('Wim Writes');
    await eventually(() => focused(lena)).toBe('composer');
    await eventually(value).toBe('For Wim');
    await lena.get('composer').fill('');
    // Who does not write is not put into the text, where the next key would be a letter.
    await lena.page.keyboard.press('Escape');
    await open(lena);
    await take(lena, 'olga open', 'Olga Open');
    await eventually(value).toBe('For Olga');
    expect(await focused(lena)).not.toBe('composer');
    await lena.get('composer').fill('');
    await lena.page.keyboard.press('Escape');
  });

  it('is walked with arrows, Home and End, and says which row is chosen', async () => {
    await open(lena);
    const field = lena.get('palette-field');
    await eventually(() => chosen(lena)).toBe('ReplyR');
    await field.press('ArrowDown');
    await eventually(() => chosen(lena)).toBe('Internal noteN');
    await field.press('End');
    await eventually(() => chosen(lena)).toBe('Log out');
    await field.press('ArrowDown');
    await eventually(() => chosen(lena)).toBe('ReplyR');
    await field.press('ArrowUp');
    await field.press('Home');
    await eventually(() => chosen(lena)).toBe('ReplyR');
    expect(await headings(lena)).toEqual(['This conversation', 'Go to', 'You']);
    await field.fill('nothing like that at all');
    await eventually(() => lena.get('palette-hint').textContent()).toBe('Nothing matches.');
    await lena.page.keyboard.press('Enter');
    await field.fill('');
    await lena.page.keyboard.press('Enter');
    await isClosed(lena);
    await eventually(() => focused(lena)).toBe('composer');
  });

  it('does to the open conversation what keys and buttons do', async () => {
    const assignee = (): Promise<string | null> =>
      lena.page.evaluate("document.querySelector('[data-testid=assign-select]').selectedOptions[0].textContent");
    await open(lena);
    await take(lena, 'colleague', 'Assign to a colleague …');
    await eventually(() => lena.get('palette-field').inputValue()).toBe('Assign to ');
    await lena.get('palette-field').pressSequentially('ana');
    await eventually(() => labels(lena)).toContain('Assign to Ana Prado');
    await lena.get('command').filter({ hasText: 'Assign to Ana Prado' }).click();
    await isClosed(lena);
    await eventually(assignee).toBe('Ana Prado');
    await open(lena);
    await take(lena, 'me assign', 'Assign to me');
    await eventually(assignee).toBe('Lena Lead (you)');
    await open(lena);
    await take(lena, 'resolve', 'Resolve');
    await eventually(() => lena.get('status-select').inputValue()).toBe('resolved');
    await open(lena);
    await take(lena, 'reopen', 'Reopen');
    await eventually(() => lena.get('status-select').inputValue()).toBe('open');
    await open(lena);
    await take(lena, '4 hours', 'Snooze for 4 hours');
    await eventually(() => lena.get('status-select').inputValue()).toBe('snoozed');
    await open(lena);
    await take(lena, 'tag', 'Add a tag …');
    await eventually(() => focused(lena)).toBe('tag-input');
    await lena.page.keyboard.type('vip');
    await lena.page.keyboard.press('Enter');
    await lena.get('tag').waitFor();
    await open(lena);
    await take(lena, 'remove vip', 'Remove the tag “vip”');
    await eventually(() => lena.get('tag').count()).toBe(0);
  });

  it('inserts a saved reply', async () => {
    await lena.get('go-replies').click();
    await lena.get('reply-add').click();
    await lena.get('reply-shortcut').fill('hours');
    await lena.get('reply-text').fill('Dear {{customer.name}}, we open at nine.');
    await lena.get('reply-save').click();
    await eventually(() => lena.get('reply-outcome').textContent()).toBe('/hours is saved.');
    await lena.get('filter-all').click();
    await open(lena);
    await take(lena, 'nine', '/hours');
    await eventually(() => lena.get('composer').inputValue()).toBe('Dear Olga Open, we open at nine.');
    await lena.get('composer').fill('');
  });

  it('leads to every screen that a role has, and to what is about oneself', async () => {
    await open(lena);
    await take(lena, 'team', 'Team');
    await lena.page.locator('[data-screen=team]').waitFor();
    await open(lena);
    expect(await headings(lena)).toEqual(['Go to', 'You']);
    await take(lena, 'conversations bruno', 'Conversations of Bruno Keller');
    await eventually(() => lena.page.locator('.list-title h1').textContent()).toBe('Bruno Keller');
    await open(lena);
    await take(lena, 'dark', 'Theme: dark');
    await eventually(() => lena.page.evaluate('document.documentElement.dataset.theme')).toBe('dark');
    await open(lena);
    await take(lena, 'as the system', 'Theme: as the system');
    await open(lena);
    await take(lena, 'busy', 'My state: Busy');
    await eventually(() => lena.get('my-state').inputValue()).toBe('busy');
    await open(lena);
    await take(lena, 'shortcuts', 'Keyboard shortcuts');
    await lena.get('help').waitFor();
    await lena.page.keyboard.press('Escape');
    await open(lena);
    await take(lena, 'password', 'Change password');
    await lena.get('password').waitFor();
    await lena.page.keyboard.press('Escape');
    await eventually(() => lena.get('password').count()).toBe(0);
    await lena.get('filter-all').click();

    const ana = await openDesk(browser(), product, 'ana');
    await ana.get('palette-open').click();
    await ana.get('palette-field').fill('e');
    await eventually(() => labels(ana)).toContain('Reports');
    for (const label of ['Team', 'Members', 'Numbers', 'Saved replies']) expect(await labels(ana)).not.toContain(label);
    await take(ana, 'log out', 'Log out');
    await ana.get('login-email').waitFor();
    await ana.close();
  });

  it(`finds any of ${String(MANY)} conversations: those known at once, and below them what the server finds`, async () => {
    const mona = await Desk.open(browser(), { url: product.nodes[0]?.url ?? '', ...CROWD_LOGIN });
    await mona.lists('Person 00001');
    await open(mona);
    await mona.get('palette-field').fill('00003 person');
    await eventually(async () => (await labels(mona))[0]).toBe('Person 00003');
    expect((await headings(mona))[0]).toBe('Conversations');
    await mona.get('palette-field').fill('Person 04321');
    await eventually(() => labels(mona)).toEqual(['Person 04321']);
    expect(await headings(mona)).toEqual(['Found in all conversations']);
    await mona.page.keyboard.press('Enter');
    await eventually(() => mona.page.locator('main h2').textContent()).toBe('Person 04321');
    await mona.bubble('Question number 4321').waitFor();
    // By what was written, too, and by number, which is known now.
    await open(mona);
    await take(mona, 'question number 4000', 'Person 04000');
    await eventually(() => mona.page.locator('main h2').textContent()).toBe('Person 04000');
    await open(mona);
    await take(mona, '1556 0004321', 'Person 04321');
    await eventually(() => mona.page.locator('main h2').textContent()).toBe('Person 04321');
    await mona.goOffline();
    await open(mona);
    await mona.get('palette-field').fill('Person 0');
    await eventually(() => mona.get('palette-hint').textContent()).toContain('did not come through');
    await eventually(async () => (await labels(mona)).length).toBe(8);
    await mona.close();
  });

  it('takes words as an input method makes them, whose Enter takes no row', async () => {
    await product.customer('にほんごの人').writes('こんにちは');
    await lena.lists('にほんごの人');
    const ime = await lena.page.context().newCDPSession(lena.page);
    await open(lena);
    await ime.send('Input.imeSetComposition', { text: 'にほ', selectionStart: 2, selectionEnd: 2 });
    await eventually(() => labels(lena)).toEqual(['にほんごの人']);
    await ime.send('Input.imeSetComposition', { text: 'にほんご', selectionStart: 4, selectionEnd: 4 });
    const enter = { key: 'Enter', code: 'Enter', windowsVirtualKeyCode: 229 };
    await ime.send('Input.dispatchKeyEvent', { type: 'rawKeyDown', ...enter });
    await ime.send('Input.dispatchKeyEvent', { type: 'keyUp', ...enter });
    await ime.send('Input.insertText', { text: 'にほんご' });
    await eventually(() => lena.get('palette-field').inputValue()).toBe('にほんご');
    expect(await lena.get('palette').count()).toBe(1);
    await lena.page.keyboard.press('Enter');
    await eventually(() => lena.page.locator('main h2').textContent()).toBe('にほんごの人');
  });

  it('is opened with ⌘K on a Mac, where Ctrl+K belongs to texts', async () => {
    const userAgent =
      'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 Chrome/140.0.0.0 Safari/537.36';
    const mac = await openDesk(browser(), product, 'bruno', { context: { userAgent } });
    await eventually(() => mac.get('palette-open').textContent()).toBe('Commands⌘K');
    await mac.page.keyboard.press('Control+k');
    await mac.page.keyboard.press('Meta+k');
    await mac.get('palette').waitFor();
    await mac.close();
  });

  it.each(['light', 'dark'] as const)('is read by everybody, also in a narrow window: %s', async (colorScheme) => {
    const context = { colorScheme, reducedMotion: 'reduce', viewport: { width: 900, height: 700 } } as const;
    const adele = await openDesk(browser(), product, 'admin', { context });
    await adele.openThread('Olga Open');
    await adele.page.getByRole('button', { name: 'Commands' }).click();
    await adele.page.getByRole('combobox', { name: /^Type a command/ }).waitFor();
    expect(await problemsOf(adele)).toEqual([]);
    await adele.get('palette-field').fill('hello');
    await eventually(() => headings(adele)).toContain('Found in all conversations');
    expect(await problemsOf(adele)).toEqual([]);
    expect(await stickingOut(adele)).toEqual([]);
    // A click beside it closes it.
    await adele.page.mouse.click(20, 20);
    await isClosed(adele);
    await adele.close();
  });
});
