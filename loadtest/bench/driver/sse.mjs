/** A light client of server-sent events. */
import { request } from 'node:http';

/**
 * Resolves when the server has said `ready`.
 *
 * @param {object} options
 * @param {number} options.port
 * @param {string} options.token
 * @param {string} [options.localAddress]
 * @param {(name: string, payload: unknown, nowMs: number) => void} options.onEvent unnamed events are called `message`
 * @returns {Promise<{ close: () => void, closed: Promise<void> }>}
 */
export function openEventStream({ port, token, localAddress, onEvent }) {
  return new Promise((done, fail) => {
    const headers = { authorization: `Bearer ${token}` };
    const address = localAddress === undefined ? {} : { localAddress };
    const req = request({ host: '127.0.0.1', port, path: '/events', headers, agent: false, ...address });
    req.on('error', fail);
    req.on('response', (res) => {
      if (res.statusCode !== 200) return fail(new Error(`refused: ${res.statusCode}`));
      const closed = new Promise((/** @type {(value: void) => void} */ resolve) => res.on('close', () => resolve()));
      let text = '';
      res.setEncoding('utf8').on('data', (chunk) => {
        const nowMs = performance.now();
        const blocks = (text + String(chunk)).split('\n\n');
        text = blocks.pop() ?? '';
        for (const block of blocks) {
          const name = /^event: (.*)$/m.exec(block)?.[1] ?? 'message';
          if (name === 'ready') done({ close: () => req.destroy(), closed });
          else onEvent(name, JSON.parse(/^data: (.*)$/m.exec(block)?.[1] ?? 'null'), nowMs);
        }
      });
    });
    req.end();
  });
}
