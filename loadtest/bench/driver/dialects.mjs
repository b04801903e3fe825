/** How a screen of each system connects and what it understands of a frame. */
import { openSocket } from './socket.mjs';
import { openEventStream } from './sse.mjs';

/** @typedef {'ours' | 'floor' | 'guarded' | 'peer'} DialectName */

/** @typedef {import('./ledger.mjs').Shown} Shown */

/**
 * @typedef {object} ScreenOptions
 * @property {number} port
 * @property {string} token
 * @property {{ epoch: string, seq: number } | null} [cursor] where to go on, in dialects that can
 * @property {string} [localAddress]
 * @property {(name: string, payload: unknown, nowMs: number) => void} onEvent
 *
 * @typedef {object} Screen
 * @property {() => void} close
 * @property {Promise<void>} closed
 * @property {(name: string, input: unknown, ack: (answer: any) => void) => void} [emit] where commands go that way
 *
 * @typedef {object} Dialect
 * @property {(options: ScreenOptions) => Promise<Screen>} open resolves when it is live
 * @property {string} event name of the frames with messages
 * @property {(payload: unknown) => Shown[]} messagesOf new messages of a frame
 */

/** @param {ScreenOptions} options */
const bySocket = ({ token, cursor = null, ...options }) => openSocket({ ...options, auth: { token, cursor } });

/** @type {Record<DialectName, Dialect>} */
export const DIALECTS = {
  ours: {
    open: bySocket,
    event: 'events',
    messagesOf(payload) {
      const { events } = /** @type {import('../../../src/contract/events.ts').EventsFrame} */ (payload);
      return events.flatMap((event) => {
        if (event.type !== 'message.created' || event.data.message.direction !== 'inbound') return [];
        const { providerMessageId, threadId } = event.data.message;
        return [{ wamid: providerMessageId ?? '', thread: threadId }];
      });
    },
  },
  floor: {
    open: bySocket,
    event: 'messages',
    messagesOf: (payload) => /** @type {Shown[]} */ (payload),
  },
  guarded: {
    open: bySocket,
    event: 'events',
    messagesOf(payload) {
      const events = /** @type {{ data: { message?: { direction: string, wamid: string, thread_id: string } } }[]} */ (
        payload
      );
      return events.flatMap(({ data: { message } }) =>
        message?.direction === 'inbound' ? [{ wamid: message.wamid, thread: message.thread_id }] : [],
      );
    },
  },
  peer: {
    open: openEventStream,
    event: 'message',
    messagesOf: (payload) => [/** @type {Shown} */ (payload)],
  },
};
