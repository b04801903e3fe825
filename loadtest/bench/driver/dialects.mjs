/** How a screen of each system connects and what it understands of a frame. */
import { openSocket } from './socket.mjs';
import { openEventStream } from './sse.mjs';

/** @typedef {'ours' | 'floor' | 'peer'} DialectName */

/**
 * @typedef {object} ScreenOptions
 * @property {number} port
 * @property {string} token
 * @property {string} [localAddress]
 * @property {(name: string, payload: unknown, nowMs: number) => void} onEvent
 *
 * @typedef {object} Dialect
 * @property {(options: ScreenOptions) => Promise<{ close: () => void }>} open resolves when it is live
 * @property {string} event name of the frames with messages
 * @property {(payload: unknown) => string[]} wamidsOf new messages of a frame
 */

/** @param {ScreenOptions} options */
const bySocket = ({ token, ...options }) => openSocket({ ...options, auth: { token } });

/** @type {Record<DialectName, Dialect>} */
export const DIALECTS = {
  ours: {
    open: bySocket,
    event: 'events',
    wamidsOf(payload) {
      const { events } = /** @type {import('../../../src/contract/events.ts').EventsFrame} */ (payload);
      return events.flatMap((event) =>
        event.type === 'message.created' ? [event.data.message.providerMessageId ?? ''] : [],
      );
    },
  },
  floor: {
    open: bySocket,
    event: 'messages',
    wamidsOf: (payload) => /** @type {{ wamid: string }[]} */ (payload).map(({ wamid }) => wamid),
  },
  peer: {
    open: openEventStream,
    event: 'message',
    wamidsOf: (payload) => [/** @type {{ wamid: string }} */ (payload).wamid],
  },
};
