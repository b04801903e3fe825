/** `presence:set`: the state a member chose; kept as a lease by the transport. */
import type { Command } from '../command.ts';

/** Needs a live membership and nothing else. */
export const setPresence: Command<'presence:set'> = {
  name: 'presence:set',
  access: 'read',
  run: (_context, { state }) => Promise.resolve({ data: {}, effects: [{ type: 'presence', state }] }),
};
