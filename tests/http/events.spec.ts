import { request as httpRequest, type IncomingMessage } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Cursor, EventsFrame } from '../../src/contract/events.ts';
import { InboxError } from '../../src/contract/errors.ts';
import type { EventFeed, EventSink } from '../../src/inbox/event-feed.ts';
import { waitFor } from '../support/wait.ts';
import { ask, errorOf, logIn, newMember, newTenant, startGateway, type Gateway } from './support.ts';

interface Subscription {
  readonly cursor: Cursor | null;
  readonly sink: EventSink;
  ended: boolean;
}

const subscriptions: Subscription[] = [];
let refuse: InboxError | null = null;
/** What the next subscriber is told at once. */
let missed = [frame(4, 5)];
/** The feed itself has tests of its own; here it is a hand on the tap. */
const feed: EventFeed = {
  subscribe: (_caller, cursor, sink) => {
    if (refuse !== null) return Promise.reject(refuse);
    const subscription = { cursor, sink, ended: false };
    subscriptions.push(subscription);
    for (const each of missed) sink.frame(each);
    return Promise.resolve(() => {
      subscription.ended = true;
    });
  },
};

let gateway: Gateway;
let headers: Record<string, string>;

beforeAll(async () => {
  gateway = await startGateway({ deps: { feed } });
  const tenantId = await newTenant(gateway.db, 'acme');
  await newMember(gateway.db, { tenantId, email: 'a@acme.test', role: 'agent' });
  headers = await logIn(gateway, 'a@acme.test');
});
afterAll(() => gateway.close());

function frame(from: number, to: number, text = 'x'): EventsFrame {
  const event = {
    seq: to,
    at: '2026-01-01T00:00:00.000Z',
    type: 'thread.removed',
    data: { threadId: text, reason: 'merged' },
  };
  return { from, to, epoch: 'e1', events: [event] } as unknown as EventsFrame;
}

async function listen(
  extra: Record<string, string> = {},
): Promise<{ response: IncomingMessage; text: () => string; last: Subscription }> {
  const before = subscriptions.length;
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const request = httpRequest(
      {
        host: '127.0.0.1',
        port: gateway.port,
        path: '/api/inbox/events',
        headers: { ...headers, ...extra },
        agent: false,
      },
      resolve,
    );
    request.on('error', reject).end();
  });
  let text = '';
  response.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  response.on('error', () => undefined);
  await waitFor(() => subscriptions.length > before);
  return { response, text: () => text, last: subscriptions.at(-1)! };
}

describe('the event stream', () => {
  it('sends each event under its place in the log, and moves the place along when there is none', async () => {
    const stream = await listen();
    expect(stream.response.headers['content-type']).toContain('text/event-stream');
    expect(stream.last.cursor).toBeNull();
    await waitFor(() => stream.text().includes('id: e1:5\nevent: thread.removed\ndata: {"seq":5'));
    stream.last.sink.frame({ from: 5, to: 9, epoch: 'e1', events: [] });
    await waitFor(() => stream.text().endsWith('id: e1:9\n\n'));
    stream.response.destroy();
    await waitFor(() => stream.last.ended);
  });

  it('continues after the last id that was received', async () => {
    const stream = await listen({ 'last-event-id': 'e1:42' });
    expect(stream.last.cursor).toEqual({ epoch: 'e1', seq: 42 });
    stream.last.sink.resync('too-old');
    await waitFor(() => stream.text().includes('event: resync\ndata: {"reason":"too-old"}\n\n'));
    stream.response.destroy();
    await waitFor(() => stream.last.ended);
  });

  it('gives a reader all that it missed, however much that is, and goes on', async () => {
    const usual = missed;
    missed = Array.from({ length: 12 }, (_, n) => frame(n, n + 1, 'x'.repeat(256 * 1024)));
    const stream = await listen({ 'last-event-id': 'e1:0' });
    missed = usual;
    stream.last.sink.frame(frame(12, 13));
    await waitFor(() => stream.text().includes('id: e1:13\n'));
    expect(stream.text().match(/^id: e1:/gm)).toHaveLength(13);
    stream.response.destroy();
    await waitFor(() => stream.last.ended);
  });

  it('ends when the feed ends it', async () => {
    const stream = await listen();
    stream.last.sink.close('revoked');
    await waitFor(() => stream.response.readableEnded || stream.response.destroyed);
    expect(stream.text()).toContain('event: goodbye\ndata: {"reason":"revoked"}');
    await waitFor(() => stream.last.ended);
  });

  it('cuts a reader that does not read, instead of keeping everything for it', async () => {
    const stream = await listen();
    stream.response.pause();
    for (let seq = 6; seq < 200 && !stream.last.ended; seq += 1) {
      stream.last.sink.frame(frame(seq - 1, seq, 'x'.repeat(256 * 1024)));
      await new Promise(setImmediate);
    }
    await waitFor(() => stream.last.ended);
    stream.response.destroy();
  });

  it('is refused like any other request', async () => {
    expect((await ask(gateway, { path: '/api/inbox/events' })).status).toBe(401);
    const odd = await ask(gateway, { path: '/api/inbox/events', headers: { ...headers, 'last-event-id': 'nonsense' } });
    expect([odd.status, errorOf(odd)]).toMatchObject([
      400,
      { code: 'invalid_input', details: [{ path: 'last-event-id' }] },
    ]);
    refuse = new InboxError('forbidden', 'Not a member.');
    expect((await ask(gateway, { path: '/api/inbox/events', headers })).status).toBe(403);
    refuse = null;
  });
});
