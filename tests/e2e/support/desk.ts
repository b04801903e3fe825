/** A colleague's window: what a person sees of the inbox and does with it. */
import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core';
import { expect } from 'vitest';
import { eventually } from './browser.ts';
import type { Customer } from './customer.ts';

/** Who opens the window, and where. */
export interface DeskOptions {
  readonly url: string;
  readonly email: string;
  readonly password: string;
  readonly context?: BrowserContextOptions;
}

/**
 * What a browser says about a network that is meant to be away, about a frame that was on its way when it closed the
 * connection, and when it leaves a page with something unsent without asking, because nobody has touched that page yet.
 */
const EXPECTED =
  /ERR_INTERNET_DISCONNECTED|ERR_NETWORK_CHANGED|status of 401|Data frame received after close|Blocked attempt to show a 'beforeunload'/;

export class Desk {
  readonly page: Page;
  /** Errors of the page itself: exceptions, refused by the content security policy, and the like. */
  readonly problems: string[] = [];

  private constructor(page: Page) {
    this.page = page;
    page.setDefaultTimeout(30_000);
    page.on('pageerror', (error) => this.problems.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error' && !EXPECTED.test(message.text())) this.problems.push(message.text());
    });
    // "Leave this page?" is answered yes, as an impatient person does.
    page.on('dialog', (dialog) => void dialog.accept());
  }

  /** An empty browser at the login. */
  static async arrive(browser: Browser, url: string, options: BrowserContextOptions = {}): Promise<Desk> {
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options });
    const desk = new Desk(await context.newPage());
    await desk.page.goto(url);
    return desk;
  }

  /** Another window of the same browser. */
  static async beside(desk: Desk, url: string): Promise<Desk> {
    const other = new Desk(await desk.page.context().newPage());
    await other.page.goto(url);
    return other;
  }

  /** Before one goes on in it while another window of the same browser is in front: what is behind is drawn once a second. */
  async comeToFront(): Promise<void> {
    await this.page.bringToFront();
  }

  /** Logged in and live. */
  static async open(browser: Browser, options: DeskOptions): Promise<Desk> {
    const desk = await Desk.arrive(browser, options.url, options.context);
    await desk.logIn(options.email, options.password);
    await desk.isLive();
    return desk;
  }

  /** The first time: with the password that an administrator handed over, and one of their own from then on. */
  static async openFirst(browser: Browser, options: DeskOptions, own: string): Promise<Desk> {
    const desk = await Desk.arrive(browser, options.url, options.context);
    await desk.logIn(options.email, options.password);
    await desk.get('choose-password').fill(own);
    await desk.get('choose-save').click();
    await desk.isLive();
    return desk;
  }

  async logIn(email: string, password: string): Promise<void> {
    await this.get('login-email').fill(email);
    await this.get('login-password').fill(password);
    await this.get('login-submit').click();
  }

  get(testId: string): Locator {
    return this.page.getByTestId(testId);
  }

  async isLive(): Promise<void> {
    await this.page.locator('[data-testid=connection-state][data-phase=live]').waitFor();
  }

  /** A conversation in the list, by the customer's name. */
  row(name: string): Locator {
    return this.get('thread-row').filter({ has: this.page.locator(`.row-name:text-is(${JSON.stringify(name)})`) });
  }

  /** Names in the list, from the top. */
  names(): Promise<string[]> {
    return this.page.locator('[data-testid=thread-row] .row-name').allTextContents();
  }

  async openThread(name: string): Promise<void> {
    await this.row(name).click();
    await this.page.getByRole('heading', { level: 2, name }).waitFor();
    await this.get('timeline').waitFor();
  }

  /** The customer writes, `agoMs` ago, and their conversation is opened. */
  async hearsFrom(customer: Customer, { agoMs = 0 }: { readonly agoMs?: number } = {}): Promise<Customer> {
    await customer.writes('Hello', { agoMs });
    await this.openThread(customer.name);
    return customer;
  }

  /** A form in the place of the text, from the row of the composer or the menu behind it. */
  async openForm(form: string): Promise<void> {
    const button = this.get(`sheet-${form}`);
    // Before the row is there, none of its buttons is.
    await this.get('more-to-send').waitFor();
    if ((await button.count()) === 0) await this.get('more-to-send').click();
    await button.click();
  }

  /** Has the templates of the demo's Cloud API number fetched. */
  async fetchTemplates(): Promise<void> {
    await this.get('go-numbers').click();
    await this.get('number').filter({ hasText: 'Cloud API' }).getByTestId('number-templates').click();
    await this.get('template-sync').click();
    await this.get('templates').getByText('Being checked').waitFor();
    await this.page.keyboard.press('Escape');
    await this.get('filter-all').click();
  }

  /** Has the report of the last seven days read again: another range is read at once, the same one after a minute. */
  async readReportAgain(): Promise<void> {
    for (const range of ['range-30', 'range-7']) {
      await this.get(range).click();
      // Until then the figures are those of the range before.
      await this.page.locator(`[data-testid=${range}][aria-pressed=true]`).waitFor();
      await this.get('figure-sent').waitFor();
    }
  }

  /** A message or its echo in the open conversation. */
  bubble(text: string): Locator {
    return this.get('message').filter({ hasText: text });
  }

  /** Texts of the open conversation, from the top. */
  texts(): Promise<string[]> {
    return this.page.locator('[data-testid=message] .rich-text').allTextContents();
  }

  async send(text: string): Promise<void> {
    await this.get('composer').fill(text);
    await this.get('composer').press('Enter');
  }

  /** The delivery state of the message with this text. */
  async tick(text: string): Promise<string | null> {
    const bubble = this.bubble(text);
    return (await bubble.count()) === 1 ? await bubble.getAttribute('data-status') : null;
  }

  async count(folder: 'mine' | 'unassigned' | 'all'): Promise<number> {
    return Number((await this.get(`count-${folder}`).textContent())?.replaceAll(',', ''));
  }

  /** A row is there, or is not; asked until it is so. */
  async lists(name: string, times = 1): Promise<void> {
    await eventually(() => this.row(name).count()).toBe(times);
  }

  async goOffline(): Promise<void> {
    await this.page.context().setOffline(true);
    await this.page.locator('[data-testid=connection-state][data-phase=offline]').waitFor();
  }

  async comeBack(): Promise<void> {
    await this.page.context().setOffline(false);
    await this.isLive();
  }

  /** Nothing went wrong in the page itself. */
  async close(): Promise<void> {
    await this.page.context().close();
    expect(this.problems).toEqual([]);
  }
}
