/** Entry point of the gateway: HTTP, webhooks, REST and live sockets in one process. Any number may run. */
import type { Socket } from 'node:net';
import { createFoundation } from './deps.ts';
import { createGateway } from './gateway.ts';
import { loadConfigOrExit } from './platform/config.ts';
import { startAll, stopOnSignals } from './platform/lifecycle.ts';

const base = createFoundation(loadConfigOrExit(), 'gateway');
const gateway = await createGateway(base);
// Before anything else reacts to the signal, so that the process that hands us connections stops doing so.
process.on('SIGTERM', () => process.send?.({ type: 'draining' }));
const running = await startAll(gateway.parts, { log: base.log });
stopOnSignals(running, base.log);

// Under `npm start` one port serves several nodes: the supervisor accepts connections and hands them out.
process.on('message', (message: { type?: unknown }, socket?: Socket) => {
  if (message.type !== 'connection' || socket === undefined) return;
  gateway.server.emit('connection', socket);
  socket.resume();
});
process.send?.({ type: 'ready', port: gateway.port() });
base.log.info({ port: gateway.port() }, 'Serving.');
