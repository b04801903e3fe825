/** Engine.IO v4 and Socket.IO v5 as text frames, for clients that have a bare WebSocket. Pure. */

/** What a frame of the server says. `other` needs no answer. */
export type Packet =
  | { readonly type: 'open' }
  | { readonly type: 'ping' }
  | { readonly type: 'connected' }
  | { readonly type: 'refused'; readonly message: string; readonly data: unknown }
  | { readonly type: 'event'; readonly name: string; readonly payload: unknown }
  | { readonly type: 'ack'; readonly id: number; readonly answer: unknown }
  | { readonly type: 'disconnected' }
  | { readonly type: 'other' };

/** The answer to a ping; a client that owes it is cut off. */
export const PONG = '3';
/** Says that the client leaves. */
export const DISCONNECT = '41';

/** The WebSocket address below an http address. */
export function socketUrl(url: string): string {
  return `${url.replace(/^http/, 'ws')}/socket.io/?EIO=4&transport=websocket`;
}

/** Asks for the default namespace; to be sent once `open` has come. */
export function encodeConnect(auth: object): string {
  return `40${JSON.stringify(auth)}`;
}

/** A command whose ack will carry `id`. */
export function encodeEvent(name: string, input: unknown, id: number): string {
  return `42${String(id)}${JSON.stringify([name, input])}`;
}

/** Throws SyntaxError for what is no frame of this protocol. Binary frames are not part of it here. */
export function decode(frame: string): Packet {
  if (frame.startsWith('0')) return { type: 'open' };
  if (frame === '2') return { type: 'ping' };
  return frame.startsWith('4') ? decodeMessage(frame) : { type: 'other' };
}

function decodeMessage(frame: string): Packet {
  const body = frame.slice(2);
  switch (frame.charAt(1)) {
    case '0':
      return { type: 'connected' };
    case '1':
      return { type: 'disconnected' };
    case '2':
      return decodeEvent(body);
    case '3':
      return decodeAck(body);
    case '4':
      return { type: 'refused', ...(JSON.parse(body) as { message: string; data: unknown }) };
    default:
      return { type: 'other' };
  }
}

function decodeEvent(body: string): Packet {
  // An id before the array asks for an ack, which this server never does.
  const [name, payload] = JSON.parse(body.slice(body.indexOf('['))) as [string, unknown];
  return { type: 'event', name, payload };
}

function decodeAck(body: string): Packet {
  const at = body.indexOf('[');
  const [answer] = JSON.parse(body.slice(at)) as [unknown];
  return { type: 'ack', id: Number(body.slice(0, at)), answer };
}
