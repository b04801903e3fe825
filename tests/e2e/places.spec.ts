/** From a word to the place where somebody wrote it, however long ago, and back to the newest message. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { problemsOf, stickingOut } from './support/axe.ts';
import { describeInBrowser, eventually } from './support/browser.ts';
import type { Customer } from './support/customer.ts';
import { Desk } from './support/desk.ts';
import { lengthen } from './support/long-thread.ts';
import { openDesk, startProduct, type Product } from './support/product.ts';

const LONG = 100_000;
const CODE = 'Good morning! The code on the voucher that I have found is XYLOPHONE, what do I get for it?';
const TEXTS = {
  1: 'The very first message',
  500: 'A xylophone would be nice, too',
  60_000: CODE,
  60_400: 'Never mind',
};

describeInBrowser('a place in a conversation', (browser) => {
  let product: Product;
  let ana: Desk;
  let lara: Customer;

  const url = (): string => product.nodes[0]?.url ?? '';

  beforeAll(async () => {
    product = await startProduct();
    ana = await openDesk(browser(), product, 'ana');
    lara = product.customer('Lara Long');
    await lara.writes('Hello again');
    await product.customer('Xylophone Shop').writes('Do you buy from us?');
    await product.customer('Otto Other').writes('A question');
    await ana.row('Lara Long').waitFor();
    await lengthen(product.database, 'Lara Long', LONG, TEXTS);
  });

  afterAll(async () => {
    await ana.close();
    await product.stop();
  });

  /** Whether the message with this text is in view, and how many are drawn. */
  const isInView = (desk: Desk, text: string): Promise<boolean> =>
    desk.page.evaluate<boolean>(`(() => {
      const list = document.querySelector('[data-testid=timeline]');
      const one = [...(list?.querySelectorAll('[data-testid=message]') ?? [])]
        .find((message) => message.querySelector('.rich-text')?.textContent === ${JSON.stringify(text)});
      if (one === undefined) return false;
      const [outer, inner] = [list.getBoundingClientRect(), one.getBoundingClientRect()];
      return inner.top >= outer.top && inner.bottom <= outer.bottom;
    })()`);
  /** What a field holds after letters that come faster than any frame. */
  const typedAtOnce = (desk: Desk, field: string, text: string): Promise<string> =>
    desk.page.evaluate<string>(`(() => {
      const field = document.querySelector('[data-testid=${field}]');
      const { set } = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value');
      for (const letter of ${JSON.stringify(text)}) {
        set.call(field, field.value + letter);
        field.dispatchEvent(new InputEvent('input', { bubbles: true, data: letter }));
      }
      return field.value;
    })()`);
  const focusedText = (desk: Desk): Promise<string> =>
    desk.page.evaluate<string>("document.activeElement.querySelector('.rich-text')?.textContent ?? ''");
  const find = (desk: Desk): Promise<string | null> => desk.get('find-count').textContent();
  const unread = (): Promise<string | null> => ana.row('Lara Long').getByTestId('unread').textContent();
  const at = (desk: Desk): string => new URL(desk.page.url()).hash;

  it('is shown in the list with the words, when and by whom, and no text where only the name has them', async () => {
    await ana.get('search').fill('xylo');
    await eventually(() => ana.row('Lara Long').getByTestId('row-found').textContent()).toContain('XYLOPHONE');
    expect(await ana.row('Lara Long').locator('mark').allTextContents()).toEqual(['XYLOPHONE']);
    expect(await ana.row('Xylophone Shop').getByTestId('row-found').count()).toBe(0);
    await eventually(() => ana.row('Xylophone Shop').textContent()).toContain('Do you buy from us?');
  });

  it('is opened from there: loaded, marked, with the focus, and nothing of the rest is loaded or read', async () => {
    await ana.row('Lara Long').click();
    await eventually(() => isInView(ana, CODE)).toBe(true);
    expect(await ana.bubble(CODE).getAttribute('class')).toContain('flash');
    expect(await focusedText(ana)).toBe(CODE);
    await eventually(() => find(ana)).toBe('1 of 2');
    expect(await ana.get('message').count()).toBeLessThan(300);
    expect(await ana.bubble('Hello again').count()).toBe(0);
    expect(await unread()).toBe('1');
    expect(at(ana)).toMatch(/^#\/thread\/[0-9a-f-]{36}\/[0-9a-f-]{36}$/);
    await eventually(async () => await ana.bubble(CODE).getAttribute('class')).not.toContain('flash');
  });

  it('is opened again by the same row, and the search in it goes on with what it has found', async () => {
    await ana.row('Lara Long').click();
    await eventually(() => isInView(ana, CODE)).toBe(true);
    expect(await find(ana)).toBe('1 of 2');
  });

  it('is shown so that screen readers are told and tired eyes can read it, in the light and in the dark', async () => {
    for (const colorScheme of ['light', 'dark'] as const) {
      await ana.page.emulateMedia({ colorScheme });
      expect(await problemsOf(ana), colorScheme).toEqual([]);
    }
    expect(await stickingOut(ana)).toEqual([]);
  });

  it('leads on to the other hits by key, from the oldest round to the newest', async () => {
    await ana.page.keyboard.press('Control+f');
    await eventually(() => ana.get('find').inputValue()).toBe('xylo');
    await ana.get('find').press('Enter');
    await eventually(() => isInView(ana, TEXTS[500])).toBe(true);
    await eventually(() => find(ana)).toBe('2 of 2');
    // Whoever steps stays in the field.
    await ana.page.keyboard.press('Enter');
    await eventually(() => isInView(ana, CODE)).toBe(true);
    await ana.page.keyboard.press('Shift+Enter');
    await eventually(() => isInView(ana, TEXTS[500])).toBe(true);
    await ana.page.keyboard.press('Shift+Enter');
    await eventually(() => isInView(ana, CODE)).toBe(true);
  });

  it('is gone on from to both sides without a gap, however far', async () => {
    const timeline = ana.get('timeline');
    const numbers = async (): Promise<number[]> =>
      (await ana.texts()).flatMap((text) => (/^Line (\d+)$/.test(text) ? [Number(text.slice(5))] : []));
    await timeline.hover();
    await eventually(async () => {
      await ana.page.mouse.wheel(0, 3000);
      return Math.max(...(await numbers()));
    }).toBeGreaterThan(60_300);
    await eventually(async () => {
      await ana.page.mouse.wheel(0, -6000);
      return Math.min(...(await numbers()));
    }).toBeLessThan(59_800);
    const shown = await numbers();
    const [first, last] = [shown[0]!, shown.at(-1)!];
    // All in between are there, once and in order; 60,000 and 60,400 say something else.
    expect(shown).toEqual(
      Array.from({ length: last - first + 1 }, (_, index) => first + index).filter((n) => !(n in TEXTS)),
    );
  });

  it('stays where it is while new messages come, which are unread until somebody goes back to the newest', async () => {
    await ana.get('find').press('Enter');
    await eventually(() => isInView(ana, TEXTS[500])).toBe(true);
    const before = await ana.texts();
    await lara.writes('And one more thing');
    await eventually(() => ana.get('to-end').textContent()).toContain('1 new message');
    expect(await isInView(ana, TEXTS[500])).toBe(true);
    expect(await ana.texts()).toEqual(before);
    expect(await unread()).toBe('2');
    await ana.get('to-end').click();
    await eventually(() => isInView(ana, 'And one more thing')).toBe(true);
    expect(at(ana)).toMatch(/^#\/thread\/[0-9a-f-]{36}$/);
    await eventually(() => ana.row('Lara Long').getByTestId('unread').count()).toBe(0);
  });

  it('is left by whoever sends something', async () => {
    await ana.get('find').press('Enter');
    await eventually(() => isInView(ana, CODE)).toBe(true);
    await ana.send('What can I do for you?');
    await eventually(() => isInView(ana, 'What can I do for you?')).toBe(true);
  });

  it('does not count as having read the newest messages: who answers from there what nobody has read is asked', async () => {
    await ana.page.goto(`${url()}/#/`);
    await lara.writes('Please cancel it');
    await eventually(() => ana.row('Lara Long').getByTestId('unread').count()).toBe(1);
    await ana.row('Lara Long').click();
    await eventually(() => isInView(ana, CODE)).toBe(true);
    await ana.send('It is on its way');
    await ana.get('timeline').getByText('Meanwhile: “Please cancel it”').waitFor();
    await ana.get('timeline').getByRole('button', { name: 'Discard' }).click();
    await eventually(() => ana.bubble('It is on its way').count()).toBe(0);
  });

  it('is closed by Esc: the search first, then what was searched for in the list, then the conversation', async () => {
    await ana.get('find').focus();
    await ana.page.keyboard.press('Tab');
    await ana.page.keyboard.press('Escape');
    await eventually(() => ana.get('find-bar').count()).toBe(0);
    expect(await ana.page.evaluate<string>('document.activeElement.className')).toBe('timeline');
    expect(await ana.get('search').inputValue()).toBe('xylo');
    await ana.page.keyboard.press('Escape');
    await eventually(() => ana.get('search').inputValue()).toBe('');
    await ana.page.keyboard.press('Escape');
    await eventually(() => ana.page.locator('main h2').textContent()).toBe('Choose a conversation');
  });

  it('is searched for with every letter, however fast it is typed', async () => {
    await ana.openThread('Lara Long');
    await ana.page.keyboard.press('Control+f');
    for (const field of ['find', 'search']) {
      await ana.get(field).waitFor();
      expect(await typedAtOnce(ana, field, 'voucher')).toBe('voucher');
      await ana.get(field).press('Escape');
    }
  });

  it('has an address, which opens it in a resolved conversation too, and again after a reload', async () => {
    await ana.openThread('Lara Long');
    await ana.get('resolve').click();
    await eventually(() => ana.get('resolve').textContent()).toContain('Reopen');
    await ana.page.keyboard.press('Control+f');
    await ana.get('find').fill('voucher');
    await eventually(() => isInView(ana, CODE)).toBe(true);
    await ana.page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await ana.bubble(CODE).hover();
    await ana.bubble(CODE).getByTestId('copy-link').click();
    await ana.bubble(CODE).getByRole('button', { name: 'Link copied' }).waitFor();
    const link = await ana.page.evaluate<string>('navigator.clipboard.readText()');
    expect(link).toBe(ana.page.url());

    const other = await Desk.beside(ana, link);
    await other.isLive();
    await eventually(() => isInView(other, CODE)).toBe(true);
    await eventually(() => focusedText(other)).toBe(CODE);
    await other.page.reload();
    await eventually(() => isInView(other, CODE)).toBe(true);
    // In the same window, to another place of the conversation that is open.
    await other.page.goto(link.replace(/[0-9a-f-]{36}$/, await idOf(TEXTS[500])));
    await eventually(() => isInView(other, TEXTS[500])).toBe(true);
    await other.page.goto(link.replace(/[0-9a-f-]{36}$/, '01a21d1d-0000-73ae-8845-269d812130e4'));
    await eventually(() => other.get('aim-trouble').textContent()).toContain('not in this conversation');
    await other.get('aim-trouble').getByRole('button', { name: 'Close' }).click();
    await eventually(() => other.get('aim-trouble').count()).toBe(0);
    expect(await isInView(other, TEXTS[500])).toBe(true);
    await other.page.close();
    await ana.comeToFront();
  });

  it('is gone on from at the very beginning, and where the connection was lost meanwhile', async () => {
    const lines = async (): Promise<number> => (await ana.texts()).length;
    await ana.page.goto(`${url()}/#/thread/${await threadOf('Lara Long')}/${await idOf(TEXTS[1])}`);
    await eventually(() => isInView(ana, TEXTS[1])).toBe(true);
    expect(await ana.texts()).toContain('Line 2');
    const first = await lines();
    await ana.get('timeline').hover();
    await ana.page.mouse.wheel(0, 6000);
    await eventually(lines).toBeGreaterThan(first);
    await ana.goOffline();
    await ana.page.mouse.wheel(0, 60_000);
    await eventually(() => isAtEdge(ana)).toBe(true);
    const before = await lines();
    await ana.comeBack();
    await eventually(lines).toBeGreaterThan(before);
  });

  const isAtEdge = (desk: Desk): Promise<boolean> =>
    desk.page.evaluate<boolean>(`(() => {
      const list = document.querySelector('[data-testid=timeline]');
      return list.scrollHeight - list.scrollTop - list.clientHeight < 2;
    })()`);
  const idOf = async (text: string): Promise<string> => {
    const [row] = await product.database.run(
      'test.id',
      (sql) => sql<{ id: string }[]>`select id from messages where text = ${text}`,
    );
    return row?.id ?? '';
  };

  it('cannot be had offline, which is said, and is shown when the connection is back', async () => {
    await ana.page.goto(`${url()}/#/`);
    await ana.get('search').fill('');
    await ana.openThread('Otto Other');
    await ana.page.goto(`${url()}/#/thread/${await threadOf('Lara Long')}`);
    await eventually(() => ana.page.locator('main h2').textContent()).toBe('Lara Long');
    await ana.bubble('And one more thing').waitFor();
    await ana.goOffline();
    await ana.page.goto(`${url()}/#/thread/${await threadOf('Lara Long')}/${await idOf(CODE)}`);
    await eventually(() => ana.get('aim-trouble').textContent()).toContain('when the connection is back');
    await ana.page.keyboard.press('Control+f');
    await ana.get('find').fill('nice');
    await eventually(() => find(ana)).toBe('Not connected');
    await ana.get('find').press('Escape');
    // What is loaded is still there to be read.
    expect(await isInView(ana, 'And one more thing')).toBe(true);
    await ana.comeBack();
    await eventually(() => isInView(ana, CODE)).toBe(true);
    await eventually(() => ana.get('aim-trouble').count()).toBe(0);
  });

  const threadOf = async (name: string): Promise<string> => {
    const [row] = await product.database.run(
      'test.thread',
      (sql) => sql<{ id: string }[]>`
        select t.id from threads t join contacts c on c.tenant_id = t.tenant_id and c.id = t.contact_id
        where c.display_name = ${name}`,
    );
    return row?.id ?? '';
  };
});
