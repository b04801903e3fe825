/** The peer: what most teams would build instead. Express, BullMQ, an ORM, server-sent events; built well. */
import { fileURLToPath } from 'node:url';

import { floor } from '../floor/system.mjs';

/** @typedef {import('../system.mjs').System} System */

const here = (/** @type {string} */ file) => fileURLToPath(new URL(file, import.meta.url));

/** The floor's tables, keys and tokens. @type {System} */
export const peer = {
  ...floor,
  name: 'peer',
  processes: (gateways) => [
    { name: 'worker', file: here('worker.mjs') },
    ...Array.from({ length: gateways }, (_, index) => ({ name: `api-${index + 1}`, file: here('api.mjs') })),
  ],
  doors(started) {
    const ports = started.filter(({ name }) => name.startsWith('api')).map(({ port }) => port);
    return { webhook: { ports, path: '/webhook' }, screens: { ports, dialect: 'peer' } };
  },
};
