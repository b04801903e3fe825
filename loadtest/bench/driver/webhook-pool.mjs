/**
 * Keep-alive connections that carry one finished request at a time: several times cheaper than an HTTP client, so that
 * the driver takes little of the machine it measures.
 */
import { connect } from 'node:net';

/** @typedef {{ request: Buffer, done: (status: number) => void }} Job */

export class WebhookPool {
  /** @type {Lane[]} */
  #lanes;
  /** @type {Lane[]} */
  #idle;
  /** @type {Job[]} */
  #waiting = [];
  #head = 0;

  /** @param {{ ports: number[], size: number }} options connections are shared out over the ports */
  constructor({ ports, size }) {
    const free = (/** @type {Lane} */ lane) => this.#free(lane);
    this.#lanes = Array.from({ length: size }, (_, index) => new Lane(ports[index % ports.length] ?? 0, free));
    this.#idle = [...this.#lanes];
  }

  /**
   * @param {Buffer} request
   * @param {(status: number) => void} done 0 when the connection broke
   */
  send(request, done) {
    const lane = this.#idle.pop();
    if (lane) lane.carry({ request, done });
    else this.#waiting.push({ request, done });
  }

  close() {
    for (const lane of this.#lanes) lane.close();
  }

  /** @param {Lane} lane */
  #free(lane) {
    const job = this.#waiting[this.#head];
    if (!job) return void this.#idle.push(lane);
    this.#head += 1;
    if (this.#head > 1024) {
      this.#waiting.splice(0, this.#head);
      this.#head = 0;
    }
    lane.carry(job);
  }
}

class Lane {
  #port;
  #free;
  #socket;
  /** @type {Job | null} */
  #job = null;
  #text = '';
  #closed = false;

  /**
   * @param {number} port
   * @param {(lane: Lane) => void} free
   */
  constructor(port, free) {
    this.#port = port;
    this.#free = free;
    this.#socket = this.#connect();
  }

  /** @param {Job} job */
  carry(job) {
    this.#job = job;
    this.#socket.write(job.request);
  }

  close() {
    this.#closed = true;
    this.#socket.destroy();
  }

  #connect() {
    const socket = connect({ host: '127.0.0.1', port: this.#port, noDelay: true });
    socket.setEncoding('latin1');
    socket.on('data', (chunk) => this.#read(String(chunk)));
    socket.on('error', () => {}); // 'close' follows
    socket.on('close', () => {
      if (this.#closed) return;
      this.#socket = this.#connect();
      this.#text = '';
      if (this.#job) this.#finish(0);
    });
    return socket;
  }

  /** @param {string} chunk */
  #read(chunk) {
    this.#text += chunk;
    const head = this.#text.indexOf('\r\n\r\n');
    if (head < 0) return;
    const length = Number(/\r\ncontent-length: *(\d+)/i.exec(this.#text.slice(0, head))?.[1] ?? 0);
    if (this.#text.length < head + 4 + length) return;
    const status = Number(this.#text.slice(9, 12));
    this.#text = '';
    this.#finish(status);
  }

  /** @param {number} status */
  #finish(status) {
    const job = this.#job;
    this.#job = null;
    job?.done(status);
    this.#free(this);
  }
}
