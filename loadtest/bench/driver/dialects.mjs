/** How a screen of each system connects and what it understands of a frame. */

/** @typedef {'ours' | 'floor'} DialectName */

/**
 * @typedef {object} Dialect
 * @property {string} event name of the frames with messages
 * @property {(payload: unknown) => string[]} wamidsOf new messages of a frame
 */

/** @type {Record<DialectName, Dialect>} */
export const DIALECTS = {
  ours: {
    event: 'events',
    wamidsOf(payload) {
      const { events } = /** @type {import('../../../src/contract/events.ts').EventsFrame} */ (payload);
      return events.flatMap((event) =>
        event.type === 'message.created' ? [event.data.message.providerMessageId ?? ''] : [],
      );
    },
  },
  floor: {
    event: 'messages',
    wamidsOf: (payload) => /** @type {{ wamid: string }[]} */ (payload).map(({ wamid }) => wamid),
  },
};
