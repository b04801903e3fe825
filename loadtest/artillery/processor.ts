/** What the artillery scripts cannot say in YAML: signed webhooks, the cursor, and whether every message was seen. */
import { createHmac } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { Cursor, Event, EventsFrame } from '../../src/contract/events.ts';
import type { Ready } from '../../src/contract/socket.ts';
import { cloudTextBody, customerNumber } from '../lib/cloud-webhook.ts';

interface Socket {
  auth: object;
  on(name: string, listener: (payload: never) => void): void;
  connect(): void;
  disconnect(): void;
}

/** Of people.csv, and what the functions below put there for the YAML. */
interface Variables {
  token: string;
  externalId: string;
  secret: string;
  person: string;
  messageKey: string;
  body: string;
  threadId: string;
  messageId: string;
}

interface Context {
  readonly vars: Variables;
  readonly sockets: Readonly<Record<string, Socket>>;
}

interface Measures {
  emit(kind: 'counter' | 'histogram', name: string, value: number): boolean;
}

interface HttpRequest {
  body: string;
  headers: Record<string, string>;
}

type Done = (error?: Error) => void;
type Step = (context: Context, measures: Measures, done: Done) => void;

const GLASS_DEADLINE_MS = 15_000;
const LOOK_EVERY_MS = 10;
/** From the loading of this file: when all connections are cut, and when they come back. */
const CUT_MS = 12_000;
const BACK_MS = 15_000;
const startedMs = Date.now();

/** What one virtual user's connection was told. */
class Watch {
  readonly sentMs = new Map<string, number>();
  readonly seen = new Set<string>();
  cursor: Cursor | null = null;
  isLive = false;
  readonly #context: Context;
  readonly #measures: Measures;

  constructor(context: Context, measures: Measures) {
    this.#context = context;
    this.#measures = measures;
    const socket = socketOf(context);
    socket.on('ready', (ready: Ready) => {
      this.cursor ??= ready.cursor;
      this.isLive = true;
    });
    socket.on('events', (frame: EventsFrame) => {
      this.#advance(frame);
    });
    socket.on('resync', () => {
      this.count('hunfly.resyncs', 1);
    });
  }

  count(name: string, value: number): void {
    this.#measures.emit('counter', name, value);
  }

  #advance({ from, to, epoch, events }: EventsFrame): void {
    const before = this.cursor?.seq ?? from;
    if (from > before) this.count('hunfly.gaps', 1);
    for (const event of events) if (event.seq > before) this.#take(event);
    this.cursor = { epoch, seq: Math.max(before, to) };
  }

  #take(event: Event): void {
    if (event.type !== 'message.created') return;
    const { id, threadId, providerMessageId } = event.data.message;
    const key = providerMessageId ?? '';
    if (this.seen.has(key)) this.count('hunfly.doubled', 1);
    const sentMs = this.sentMs.get(key);
    if (sentMs === undefined) return;
    this.#measures.emit('histogram', 'hunfly.glass', Date.now() - sentMs);
    this.sentMs.delete(key);
    this.seen.add(key);
    this.#context.vars.threadId = threadId;
    this.#context.vars.messageId = id;
  }
}

const watches = new WeakMap<Context['sockets'], Watch>();
let keys = 0;

function socketOf(context: Context): Socket {
  const socket = context.sockets[''];
  if (socket === undefined) throw new Error('There is no connection.');
  return socket;
}

function watchOf(context: Context): Watch {
  const watch = watches.get(context.sockets);
  if (watch === undefined) throw new Error('The flow has to begin with `function: watch`.');
  return watch;
}

/** A function of the flow: it fails the virtual user when `work` rejects. */
function step(work: (context: Context, measures: Measures) => Promise<void>): Step {
  return (context, measures, done) => {
    work(context, measures).then(() => done(), done);
  };
}

/** True when it held in time. */
async function until(condition: () => boolean): Promise<boolean> {
  const endMs = Date.now() + GLASS_DEADLINE_MS;
  while (!condition() && Date.now() < endMs) await pause(LOOK_EVERY_MS);
  return condition();
}

/** Begins to follow what the connection is told; resolves when it is live. */
export const watch = step(async (context, measures) => {
  const fresh = new Watch(context, measures);
  watches.set(context.sockets, fresh);
  // Counted from nought, so that `ensure` finds them.
  for (const name of ['lost', 'gaps', 'doubled', 'resyncs']) fresh.count(`hunfly.${name}`, 0);
  if (!(await until(() => fresh.isLive))) throw new Error('not live in time');
});

function writer(range: Parameters<typeof customerNumber>[0]): Step {
  return step(async (context) => {
    const { externalId, person } = context.vars;
    keys += 1;
    const id = `wamid.${range}.${String(process.pid)}.${String(startedMs)}.${String(keys)}`;
    const from = customerNumber(range, Number(person));
    context.vars.messageKey = id;
    context.vars.body = cloudTextBody({ externalId, id, from, text: `Message ${String(keys)}`, atMs: Date.now() });
    watches.get(context.sockets)?.sentMs.set(id, Date.now());
  });
}

export const dayText = writer('day');
export const burstText = writer('burst');
export const stormText = writer('storm');
export const mixedText = writer('mixed');

/** Before the request: the body made last, signed as Meta does. */
export function sign(request: HttpRequest, context: Context, _measures: Measures, done: Done): void {
  const { body, secret } = context.vars;
  const signature = createHmac('sha256', secret).update(body).digest('hex');
  request.body = body;
  request.headers = {
    ...request.headers,
    'content-type': 'application/json',
    'x-hub-signature-256': `sha256=${signature}`,
  };
  done();
}

/** Waits until the message written last is seen; `threadId` and `messageId` are then its. */
export const awaitMessage = step(async (context) => {
  const { seen } = watchOf(context);
  if (!(await until(() => seen.has(context.vars.messageKey)))) throw new Error('a message was not seen in time');
});

/** Waits for everything under way and counts what did not come. */
export const settle = step(async (context) => {
  const watching = watchOf(context);
  await until(() => watching.sentMs.size === 0);
  watching.count('hunfly.lost', watching.sentMs.size);
});

/** Ends the connection at the instant at which all end theirs. */
export const cut = step(async (context) => {
  await pause(Math.max(0, startedMs + CUT_MS - Date.now()));
  socketOf(context).disconnect();
  watchOf(context).isLive = false;
});

/** Comes back with the cursor, at the instant at which all do; resolves when live again. */
export const comeBack = step(async (context, measures) => {
  await pause(Math.max(0, startedMs + BACK_MS - Date.now()));
  const watching = watchOf(context);
  const socket = socketOf(context);
  const beganMs = Date.now();
  socket.auth = { token: context.vars.token, cursor: watching.cursor };
  socket.connect();
  if (!(await until(() => watching.isLive))) throw new Error('not live again in time');
  measures.emit('histogram', 'hunfly.ready', Date.now() - beganMs);
});
