/** A light Socket.IO client (protocol 5 over WebSocket): a quarter of the official one's cost, as a load driver needs. */
import { WebSocket } from 'ws';

/**
 * @typedef {object} LightSocket
 * @property {(name: string, input: unknown, ack?: (answer: any) => void) => void} emit
 * @property {() => void} close
 * @property {Promise<void>} closed
 */

/**
 * Resolves when the server has said `ready`.
 *
 * @param {object} options
 * @param {number} options.port
 * @param {unknown} options.auth
 * @param {string} [options.localAddress]
 * @param {(name: string, payload: any, nowMs: number) => void} options.onEvent
 * @returns {Promise<LightSocket>}
 */
export function openSocket({ port, auth, localAddress, onEvent }) {
  const url = `ws://127.0.0.1:${port}/socket.io/?EIO=4&transport=websocket`;
  const ws = new WebSocket(url, {
    perMessageDeflate: false,
    skipUTF8Validation: true,
    ...(localAddress && { localAddress }),
  });
  /** @type {Map<number, (answer: any) => void>} */
  const acks = new Map();
  let nextAck = 0;
  return new Promise((done, fail) => {
    const closed = new Promise((/** @type {(value: void) => void} */ resolve) => ws.on('close', () => resolve()));
    void closed.then(() => fail(new Error('the connection ended before it was ready')));
    ws.on('error', fail);
    /** @type {LightSocket} */
    const socket = {
      emit(name, input, ack) {
        const id = ack ? String(nextAck) : '';
        if (ack) acks.set(nextAck++, ack);
        ws.send(`42${id}${JSON.stringify([name, input])}`);
      },
      close: () => ws.terminate(),
      closed,
    };
    ws.on('message', (/** @type {Buffer} */ data) => {
      const nowMs = performance.now();
      const text = data.toString('utf8');
      if (text === '2') return ws.send('3');
      if (text[0] === '0') return ws.send(`40${JSON.stringify(auth)}`);
      if (text.startsWith('44')) return fail(new Error(`refused: ${text.slice(2)}`));
      if (text.startsWith('43')) return answer(acks, text);
      if (!text.startsWith('42')) return;
      const [name, payload] = JSON.parse(text.slice(2));
      if (name === 'ready') done(socket);
      onEvent(name, payload, nowMs);
    });
  });
}

/**
 * @param {Map<number, (answer: any) => void>} acks
 * @param {string} text `43<id>[answer]`
 */
function answer(acks, text) {
  const from = text.indexOf('[');
  const id = Number(text.slice(2, from));
  acks.get(id)?.(JSON.parse(text.slice(from))[0]);
  acks.delete(id);
}
