/** What a person is told about a message that did not simply arrive, and what they can do. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeInBrowser, eventually } from './support/browser.ts';
import type { Desk } from './support/desk.ts';
import { openDesk, startProduct, type Product } from './support/product.ts';

const HOUR_MS = 3_600_000;

describeInBrowser('sending', (browser) => {
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

  it('that fails is said under the message, in the list too, and can be tried again', async () => {
    const fay = await ana.hearsFrom(product.customer('Fay Failed'));
    await fay.carrierMisbehaves('refused');
    await ana.send('Your order is ready');
    await eventually(() => ana.tick('Your order is ready')).toBe('failed');
    const bubble = ana.bubble('Your order is ready');
    await eventually(() => bubble.textContent()).toContain('The customer cannot receive this message');
    await eventually(() => ana.row('Fay Failed').locator('.ticks[data-status=failed]').count()).toBe(1);
    expect(await fay.received()).toEqual([]);
    await bubble.getByText('Send again').click();
    await eventually(() => ana.tick('Your order is ready')).toBe('read');
    await eventually(() => fay.received()).toEqual(['Your order is ready']);
    await eventually(() => ana.row('Fay Failed').locator('.ticks[data-status=failed]').count()).toBe(0);
  });

  it('that was taken and failed for good is written anew, not repeated', async () => {
    const gus = await ana.hearsFrom(product.customer('Gus Gone'));
    await gus.carrierMisbehaves('undelivered');
    await ana.send('Are you there?');
    await eventually(() => ana.tick('Are you there?')).toBe('failed');
    await ana.bubble('Are you there?').getByText('Write again').click();
    await eventually(() => ana.get('composer').inputValue()).toBe('Are you there?');
    expect(await ana.bubble('Are you there?').getByText('Send again').count()).toBe(0);
  });

  it('of unknown outcome is never repeated by itself, only when the person says so', async () => {
    const una = await ana.hearsFrom(product.customer('Una Unknown'));
    await una.carrierMisbehaves('reset-before-accept');
    await ana.send('Did this arrive?');
    await eventually(() => ana.tick('Did this arrive?')).toBe('unknown');
    await eventually(() => ana.bubble('Did this arrive?').textContent()).toContain('May not have been sent');
    expect(await una.received()).toEqual([]);
    await ana.bubble('Did this arrive?').getByText('Send again').click();
    await eventually(() => ana.tick('Did this arrive?')).toBe('read');
    await eventually(() => una.received()).toEqual(['Did this arrive?']);
  });

  it('that the carrier took although it answered with an error becomes "read" by itself, once', async () => {
    const ted = await ana.hearsFrom(product.customer('Ted Taken'));
    await ted.carrierMisbehaves('500-after-accept');
    await ana.send('Taken after all');
    await eventually(() => ana.tick('Taken after all')).toBe('read');
    await eventually(() => ted.received()).toEqual(['Taken after all']);
  });

  it('without having seen the newest message asks first: "Send anyway"', async () => {
    const stella = await ana.hearsFrom(product.customer('Stella Stale'));
    await ana.goOffline();
    await ana.send('Blue it is, ordering now');
    await stella.writes('Wait, make it red!');
    await ana.comeBack();
    const echo = ana.bubble('Blue it is, ordering now');
    await eventually(() => echo.textContent()).toContain('Wait, make it red!');
    // What she wrote moves what stands below it.
    await eventually(() => ana.texts()).toContain('Wait, make it red!');
    expect(await stella.received()).toEqual([]);
    await echo.getByText('Send anyway').click();
    await eventually(() => ana.tick('Blue it is, ordering now')).toBe('read');
    await eventually(() => stella.received()).toEqual(['Blue it is, ordering now']);
    await eventually(() => ana.texts()).toEqual(['Hello', 'Wait, make it red!', 'Blue it is, ordering now']);
  });

  it('a note without a connection shows it as not saved yet; it is saved once, and only for the team', async () => {
    const nick = await ana.hearsFrom(product.customer('Nick Note'));
    await ana.goOffline();
    await ana.get('note-toggle').click();
    await ana.send('Call him on Friday');
    await eventually(() => ana.get('note').textContent()).toContain('not saved yet');
    // Nobody chose to appear offline.
    await eventually(() => ana.get('my-state').inputValue()).toBe('none');
    await ana.comeBack();
    await eventually(() => ana.get('my-state').inputValue()).toBe('online');
    await eventually(() => ana.get('note').getAttribute('data-note-id')).not.toBeNull();
    await eventually(() => ana.get('note').count()).toBe(1);
    expect(await nick.received()).toEqual([]);
  });

  it('a note is on screen before the server answers, and one that it refuses stays there to be written anew', async () => {
    const desk = await openDesk(browser(), product, 'ana');
    const held: (() => void)[] = [];
    let refuse = false;
    await desk.page.routeWebSocket(/socket\.io/, (socket) => {
      const server = socket.connectToServer();
      socket.onMessage((message) => {
        const command = /^42(\d+)\["note:add"/.exec(String(message))?.[1];
        if (command === undefined) server.send(message);
        else if (refuse) socket.send(`43${command}[{"ok":false,"error":{"code":"forbidden","message":"Not by you."}}]`);
        else
          held.push(() => {
            server.send(message);
          });
      });
    });
    await desk.page.reload();
    await desk.isLive();
    const nina = await desk.hearsFrom(product.customer('Nina Note'));
    await desk.get('note-toggle').click();
    await desk.send('She pays by card');
    await eventually(() => desk.get('note').textContent()).toContain('She pays by card');
    await eventually(() => held.length).toBe(1);
    expect(await desk.get('note').getAttribute('data-status')).toBe('queued');
    held[0]?.();
    await eventually(() => desk.get('note').getAttribute('data-note-id')).not.toBeNull();
    refuse = true;
    await desk.send('And never late');
    const refused = desk.get('note').filter({ hasText: 'And never late' });
    await eventually(() => refused.textContent()).toContain('Not saved. Not by you.');
    await refused.getByRole('button', { name: 'Edit' }).click();
    await eventually(() => desk.get('composer').inputValue()).toBe('And never late');
    await eventually(() => desk.get('note').count()).toBe(1);
    expect(await nina.received()).toEqual([]);
    await desk.close();
  });

  it('shows how long a free reply is possible, and offers a template afterwards', async () => {
    const badge = ana.get('window-state');
    await ana.hearsFrom(product.customer('Olaf Open'), { agoMs: HOUR_MS });
    await eventually(() => badge.getAttribute('data-level')).toBe('open');
    await eventually(() => badge.textContent()).toMatch(/Window closes in 22 h 5\d min/);
    await ana.hearsFrom(product.customer('Sonja Soon'), { agoMs: 23 * HOUR_MS });
    await eventually(() => badge.getAttribute('data-level')).toBe('soon');
    await ana.hearsFrom(product.customer('Uwe Urgent'), { agoMs: 23.9 * HOUR_MS });
    await eventually(() => badge.getAttribute('data-level')).toBe('urgent');
    const clara = await ana.hearsFrom(product.customer('Clara Closed'), { agoMs: 25 * HOUR_MS });
    await eventually(() => badge.getAttribute('data-level')).toBe('closed');
    await eventually(() => ana.get('composer').count()).toBe(0);
    await ana.get('template-by-name').click();
    await ana.get('template-name').fill('hello');
    await ana.get('send').click();
    await eventually(() => clara.received()).toEqual(['[hello] Hello! How can we help you today?']);
    await clara.writes('Oh, thank you');
    await ana.get('composer').waitFor();
    await eventually(() => badge.getAttribute('data-level')).toBe('open');
  });

  it('that the server could not take for too long waits for its writer, over a reload too, and then leaves in order', async () => {
    const desk = await openDesk(browser(), product, 'ana');
    const hedy = await desk.hearsFrom(product.customer('Hedy Held'));
    await desk.page.evaluate(`{
      const { user, tenantId } = JSON.parse(localStorage.getItem('hunfly.session'));
      const threadId = location.hash.slice('#/thread/'.length);
      const entry = (text, over) => ({ commandId: crypto.randomUUID(), name: 'message:send', threadId, attempts: 31,
        input: { threadId, kind: 'text', text }, createdAt: new Date().toISOString(), ...over });
      const held = { state: 'held', error: { code: 'unavailable', message: 'Away.' }, sentSinceMs: 1 };
      const entries = [entry('first', held), entry('second', { state: 'waiting', error: null })];
      addEventListener('pagehide', () => {
        sessionStorage.setItem('hunfly.outbox/' + user.id + '/' + tenantId, JSON.stringify(entries));
      });
    }`);
    await desk.page.reload();
    await desk.isLive();
    await desk.get('held-bar').waitFor();
    await desk.bubble('second').waitFor();
    await eventually(() => desk.bubble('first').textContent()).toContain(
      'Not confirmed yet. The server could not take it',
    );
    expect(await hedy.received()).toEqual([]);
    await desk.get('held-again').click();
    await eventually(() => hedy.received()).toEqual(['first', 'second']);
    await eventually(() => desk.get('held-bar').count()).toBe(0);
    await desk.close();
  });

  it('that the server does not answer is said to be so, and arrives once, whoever tries it again', async () => {
    const desk = await openDesk(browser(), product, 'ana');
    const sven = product.customer('Sven Silent');
    let isSilent = false;
    const asked: string[] = [];
    const waiting: (() => void)[] = [];
    await desk.page.routeWebSocket(/socket\.io/, (socket) => {
      const server = socket.connectToServer();
      socket.onMessage((message) => {
        const text = /^42\d+\["message:send",(.*)\]$/.exec(String(message))?.[1];
        const pass = (): void => {
          server.send(message);
        };
        if (text !== undefined) asked.push((JSON.parse(text) as { commandId: string }).commandId);
        if (text === undefined || !isSilent) {
          pass();
          return;
        }
        waiting.push(pass);
        // A ping: by the clock of the page many are due.
        socket.send('2');
      });
    });
    await desk.page.clock.install();
    await desk.page.reload();
    await desk.isLive();
    await desk.hearsFrom(sven);
    isSilent = true;
    await desk.send('Anybody there?');
    for (const times of [1, 2, 3, 4]) {
      await eventually(() => asked.length).toBe(times);
      await desk.page.clock.fastForward(8000);
      await desk.page.clock.fastForward(times < 4 ? 1000 : 0);
    }
    await eventually(() => desk.bubble('Anybody there?').textContent()).toContain(
      'Not confirmed yet. The server does not answer',
    );
    isSilent = false;
    await desk.bubble('Anybody there?').getByRole('button', { name: 'Try again' }).click();
    await eventually(() => desk.tick('Anybody there?')).toBe('read');
    // What was on its way all the time arrives as well.
    for (const pass of waiting) pass();
    await desk.send('There you are');
    await eventually(() => sven.received()).toEqual(['Anybody there?', 'There you are']);
    expect(new Set(asked.slice(0, 5)).size).toBe(1);
    await eventually(() => desk.texts()).toEqual(['Hello', 'Anybody there?', 'There you are']);
    await desk.close();
  });

  it('begins a conversation under one id until it is refused for good, and another one for somebody else', async () => {
    const ines = product.customer('Ines Intent', 'evolution');
    const otto = product.customer('Otto Other', 'evolution');
    const desk = await openDesk(browser(), product, 'ana');
    const refusals = ['unavailable', 'rate_limited', 'forbidden', 'unavailable'];
    const asked: string[] = [];
    await desk.page.routeWebSocket(/socket\.io/, (socket) => {
      const server = socket.connectToServer();
      socket.onMessage((message) => {
        const sent = /^42(\d+)\["message:send",(.*)\]$/.exec(String(message));
        if (sent !== null) asked.push((JSON.parse(sent[2] ?? '') as { commandId: string }).commandId);
        const code = sent === null ? undefined : refusals.shift();
        if (code === undefined) server.send(message);
        else socket.send(`43${sent?.[1] ?? ''}[{"ok":false,"error":{"code":"${code}","message":"Refused: ${code}."}}]`);
      });
    });
    await desk.page.reload();
    await desk.isLive();
    await desk.get('new').click();
    await desk.page.getByLabel('Through').selectOption({ index: 1 });
    await desk.get('begin-text').fill('Your chair is here');
    const send = async (times: number): Promise<void> => {
      await desk.get('new-conversation').getByRole('button', { name: 'Send' }).click();
      await eventually(() => asked.length).toBe(times);
    };
    await desk.get('begin-to').fill(`+${otto.phone}`);
    for (const times of [1, 2, 3, 4]) {
      await send(times);
      await desk
        .get('new-conversation')
        .getByText(/Refused|Too many/)
        .waitFor();
    }
    await desk.get('begin-to').fill(`+${ines.phone}`);
    await send(5);
    await desk.get('new-conversation').waitFor({ state: 'detached' });
    const [first, , , fourth, fifth] = asked;
    expect(asked).toEqual([first, first, first, fourth, fifth]);
    expect(new Set(asked).size).toBe(3);
    await eventually(() => ines.received()).toEqual(['Your chair is here']);
    expect(await otto.received()).toEqual([]);
    await desk.close();
  });
});
