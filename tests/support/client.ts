/** A Socket.IO client that records everything it receives. */
import { io, type Socket } from 'socket.io-client';
import type { Cursor, Event, EventsFrame } from '../../src/contract/events.ts';
import type { Goodbye, Presence, Ready, Resync, Typing, Viewing } from '../../src/contract/socket.ts';
import { PATIENCE_MS, waitFor } from './wait.ts';

/** What a command answered. */
export type Answer =
  | { readonly ok: true; readonly data: Record<string, unknown>; readonly cursor?: Cursor }
  | { readonly ok: false; readonly error: { readonly code: string; readonly details?: unknown } };

export interface TestClient {
  readonly socket: Socket;
  readonly ready: Ready[];
  readonly frames: EventsFrame[];
  readonly resyncs: Resync[];
  readonly goodbyes: Goodbye[];
  readonly typing: Typing[];
  readonly viewing: Viewing[];
  readonly presence: Presence[];
  events(): Event[];
  send(name: string, input: unknown): Promise<Answer>;
  close(): void;
}

/** Connects once, without reconnecting; records from the first packet on. */
export function openClient(
  url: string,
  auth: { readonly token: string; readonly cursor?: Cursor | null; readonly tenantId?: string },
): TestClient {
  const socket = io(url, { transports: ['websocket'], auth, reconnection: false, forceNew: true });
  const record = <T>(name: string): T[] => {
    const list: T[] = [];
    socket.on(name, (payload: T) => list.push(payload));
    return list;
  };
  const frames = record<EventsFrame>('events');
  return {
    socket,
    frames,
    ready: record<Ready>('ready'),
    resyncs: record<Resync>('resync'),
    goodbyes: record<Goodbye>('goodbye'),
    typing: record<Typing>('typing'),
    viewing: record<Viewing>('viewing'),
    presence: record<Presence>('presence'),
    events: () => frames.flatMap((frame) => frame.events),
    send: async (name, input) => (await socket.timeout(PATIENCE_MS).emitWithAck(name, input)) as Answer,
    close: () => {
      socket.disconnect();
    },
  };
}

/** A client that is live. */
export async function liveClient(url: string, token: string, cursor: Cursor | null = null): Promise<TestClient> {
  const client = openClient(url, { token, cursor });
  await waitFor(() => client.ready.length > 0, { what: 'ready' });
  return client;
}

/** The code of the refusal when connecting. Rejects as soon as the client is let in. */
export async function refusedCode(url: string, auth: Record<string, unknown>): Promise<string> {
  const socket = io(url, { transports: ['websocket'], auth, reconnection: false, forceNew: true });
  const error = await new Promise<Error>((resolve, reject) => {
    socket.once('connect_error', resolve);
    socket.once('ready', () => {
      reject(new Error('Let in, where a refusal was expected.'));
    });
  }).finally(() => socket.disconnect());
  return (error as Error & { data: { code: string } }).data.code;
}
