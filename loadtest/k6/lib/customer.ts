/** A customer's messages: signed webhooks out, and the check that each reaches the glass exactly once. */
import { check } from 'k6';
import crypto from 'k6/crypto';
import http from 'k6/http';
import type { Event } from '../../../src/contract/events.ts';
import type { LoadAccount } from '../../../src/contract/load.ts';
import { cloudTextBody, WEBHOOK_PATH, type CustomerText } from '../../lib/cloud-webhook.ts';
import { doubled, glass, lost } from './measures.ts';
import { baseUrl } from './plan.ts';
import { until } from './wait.ts';

/** Posts one text; true when it was answered 200. */
export async function postText(account: LoadAccount, message: Omit<CustomerText, 'externalId'>): Promise<boolean> {
  const body = cloudTextBody({ ...message, externalId: account.externalId });
  const signature = crypto.hmac('sha256', account.secret, body, 'hex');
  const headers = { 'content-type': 'application/json', 'x-hub-signature-256': `sha256=${signature}` };
  const answer = await http.asyncRequest('POST', `${baseUrl()}${WEBHOOK_PATH}`, body, { headers });
  return check(answer, { 'webhook answered 200': ({ status }) => status === 200 });
}

/** Messages on their way to one connection. */
export class Expected {
  readonly #sentMs = new Map<string, number>();
  readonly #seen = new Set<string>();

  /** To be called before the webhook is posted: the event may be faster than the answer. */
  add(id: string): void {
    this.#sentMs.set(id, Date.now());
  }

  /** A webhook that was not taken is nobody's loss. */
  drop(id: string): void {
    this.#sentMs.delete(id);
  }

  /** The message's event, if it is one of ours. */
  take(event: Event): void {
    if (event.type !== 'message.created') return;
    const id = event.data.message.providerMessageId ?? '';
    if (this.#seen.has(id)) doubled.add(1);
    const sentMs = this.#sentMs.get(id);
    if (sentMs === undefined) return;
    glass.add(Date.now() - sentMs);
    this.#sentMs.delete(id);
    this.#seen.add(id);
  }

  /** Waits for those under way and counts what did not come. */
  async settle(deadlineMs: number): Promise<void> {
    await until(() => this.#sentMs.size === 0, deadlineMs);
    lost.add(this.#sentMs.size);
  }
}
