/** Answers requests that are not valid HTTP, which node:http refuses before any middleware sees them. */
import { STATUS_CODES, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { statusOf, HttpRefusal, sendRefusal, type Exchange } from './errors.ts';
import { uuid7 } from '../lib/uuid7.ts';

const REFUSALS: Readonly<Record<string, HttpRefusal>> = {
  HPE_HEADER_OVERFLOW: new HttpRefusal('payload_too_large', 'The headers are too large.', { status: 431 }),
  ERR_HTTP_REQUEST_TIMEOUT: new HttpRefusal('invalid_input', 'The request did not arrive in time.', { status: 408 }),
};
const MALFORMED = new HttpRefusal('invalid_input', 'This is not a request of HTTP/1.1.');
const WITHOUT_HOST = new HttpRefusal('invalid_input', 'A request of HTTP/1.1 names its host.', { unread: true });

/**
 * Gives such refusals the same shape as all others. A connection in the middle of a response, or with one to be sent
 * first, is only closed.
 */
export function answerBrokenRequests(server: Server): void {
  const open = new WeakMap<Duplex, Set<Exchange>>();
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    const { socket } = request;
    const exchange = { request, response };
    const exchanges = open.get(socket) ?? new Set();
    if (exchanges.add(exchange).size === 1) open.set(socket, exchanges);
    response.once('close', () => exchanges.delete(exchange));
  });
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    const isNext = [...(open.get(socket) ?? [])].every(isBreaking);
    if (!socket.writable || !isNext) socket.destroy(error);
    else socket.end(answerOf(REFUSALS[error.code ?? ''] ?? MALFORMED), () => socket.destroy());
  });
}

/** Whether this is the request that turned out to be broken, in the middle of its body and before it was answered. */
function isBreaking({ request, response }: Exchange): boolean {
  return !request.complete && !response.headersSent;
}

/** Refuses a request of HTTP/1.1 without a host, in place of node:http, which would send an empty answer. */
export function refuseWithoutHost(exchange: Exchange): boolean {
  const { httpVersion, headers } = exchange.request;
  if (httpVersion !== '1.1' || headers.host !== undefined) return false;
  const id = uuid7();
  exchange.response.setHeader('x-correlation-id', id);
  sendRefusal(exchange, WITHOUT_HOST, id);
  return true;
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
