/** Answers requests that are not valid HTTP, which node:http refuses before any middleware sees them. */
import { STATUS_CODES, type Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { statusOf, HttpRefusal } from './errors.ts';
import { uuid7 } from '../lib/uuid7.ts';

const REFUSALS: Readonly<Record<string, HttpRefusal>> = {
  HPE_HEADER_OVERFLOW: new HttpRefusal('payload_too_large', 'The headers are too large.', { status: 431 }),
  ERR_HTTP_REQUEST_TIMEOUT: new HttpRefusal('invalid_input', 'The request did not arrive in time.', { status: 408 }),
};
const MALFORMED = new HttpRefusal('invalid_input', 'This is not a request of HTTP/1.1.');

/** Gives such refusals the same shape as all others. A connection in the middle of a response is only closed. */
export function answerBrokenRequests(server: Server): void {
  const answering = new WeakSet<Duplex>();
  server.on('request', ({ socket }, response) => {
    answering.add(socket);
    response.once('close', () => answering.delete(socket));
  });
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (!socket.writable || answering.has(socket)) socket.destroy(error);
    else socket.end(answerOf(REFUSALS[error.code ?? ''] ?? MALFORMED), () => socket.destroy());
  });
}

function answerOf(refusal: HttpRefusal): string {
  const id = uuid7();
  const status = statusOf(refusal);
  const body = JSON.stringify({ error: refusal.toBody(id) });
  const lines = [
    `HTTP/1.1 ${String(status)} ${STATUS_CODES[status] ?? ''}`,
    'content-type: application/json; charset=utf-8',
    `content-length: ${String(Buffer.byteLength(body))}`,
    `x-correlation-id: ${id}`,
    'connection: close',
  ];
  return `${lines.join('\r\n')}\r\n\r\n${body}`;
}
