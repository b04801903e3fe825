/** The webhooks of a run: which customer writes what to which number, signed before they are needed. */
import { createHmac } from 'node:crypto';

/** First digits of every customer's number; a range for fiction. */
const PREFIX = '1555010';
/** The noisy business has so many times as many customers. */
const NOISY_CONTACTS = 20;

export class Traffic {
  #plan;
  #atS = Math.floor(Date.now() / 1000);
  /** @type {Buffer[]} */
  #signed = [];

  /** @param {import('./driver.mjs').Plan} plan */
  constructor(plan) {
    this.#plan = plan;
  }

  /**
   * Round robin over the numbers, then over the customers of each: one conversation is never written to twice at a time
   * while there are more conversations than webhooks in flight, so that its order is beyond doubt.
   *
   * @param {number} n
   * @returns {{ channel: { id: string, secret: string }, contact: string }}
   */
  conversation(n) {
    const { channels, contacts } = this.#plan;
    const [turn, of] = this.isNoise(n) ? [n, 1] : [this.#quietTurn(n), this.#quiet];
    const channel = channels[this.isNoise(n) ? channels.length - 1 : turn % of];
    if (!channel) throw new Error('traffic needs a number');
    const contact = Math.floor(turn / of) % (this.isNoise(n) ? contacts * NOISY_CONTACTS : contacts);
    return { channel, contact: `${PREFIX}${String(contact).padStart(4, '0')}` };
  }

  /** Numbers that are measured. */
  get #quiet() {
    return this.#plan.channels.length - (this.#plan.noisy === null ? 0 : 1);
  }

  /** Of a round of `quiet + weight` messages, the quiet ones come evenly between the noise. */
  get #every() {
    const { noisy } = this.#plan;
    return noisy === null ? 1 : 1 + noisy / this.#quiet;
  }

  /**
   * @param {number} n
   * @returns {boolean} whether it is one of the noisy business's
   */
  isNoise(n) {
    return this.#plan.noisy !== null && n % this.#every !== 0;
  }

  /** @param {number} n */
  #quietTurn(n) {
    return Math.floor(n / this.#every);
  }

  /**
   * @param {number} n
   * @returns {string} `channel contact`
   */
  keyOf(n) {
    const { channel, contact } = this.conversation(n);
    return `${channel.id} ${contact}`;
  }

  /** @param {number} n */
  wamid(n) {
    return `wamid.${this.#plan.run}.${n}`;
  }

  /**
   * @param {string} wamid
   * @returns {number} -1 when it is not of this run
   */
  indexOf(wamid) {
    const prefix = `wamid.${this.#plan.run}.`;
    return wamid.startsWith(prefix) ? Number(wamid.slice(prefix.length)) : -1;
  }

  /** @param {number} count */
  signAhead(count) {
    while (this.#signed.length < count) this.#signed.push(this.#sign(this.#signed.length));
  }

  /**
   * @param {number} n
   * @returns {Buffer} the whole HTTP request
   */
  request(n) {
    return this.#signed[n] ?? this.#sign(n);
  }

  /** @param {number} n */
  #sign(n) {
    const { doors } = this.#plan;
    const { secret } = this.conversation(n).channel;
    const body = this.body(n);
    const signature = createHmac('sha256', secret).update(body).digest('hex');
    const head =
      `POST ${doors.webhook.path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\nx-hub-signature-256: sha256=${signature}\r\n\r\n`;
    return Buffer.from(head + body);
  }

  /**
   * https://developers.facebook.com/docs/whatsapp/cloud-api/webhooks/payload-examples#text-messages
   *
   * @param {number} n
   * @returns {string} the webhook's body
   */
  body(n) {
    const { channel, contact } = this.conversation(n);
    const message = {
      from: contact,
      id: this.wamid(n),
      timestamp: String(this.#atS),
      type: 'text',
      text: { body: `Message ${n}: is the blue one still available, and when could it be here?` },
    };
    const value = {
      messaging_product: 'whatsapp',
      metadata: { display_phone_number: '15559990000', phone_number_id: channel.id },
      contacts: [{ profile: { name: `Customer ${contact.slice(-4)}` }, wa_id: contact }],
      messages: [message],
    };
    const entry = [{ id: '1', changes: [{ value, field: 'messages' }] }];
    return JSON.stringify({ object: 'whatsapp_business_account', entry });
  }
}
