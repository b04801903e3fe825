/** The options of a simulator. */
import type { Clock } from '../../lib/clock.ts';

/** One WhatsApp number whose carrier the simulator plays. */
export interface SimulatedAccount {
  readonly provider: 'cloud' | 'evolution' | 'twilio';
  /** phone_number_id, instance name or `whatsapp:+digits`. */
  readonly channel: string;
  /** Shown on the page. */
  readonly name?: string;
  /** The account's own number, as digits. */
  readonly phone: string;
  /** Signs webhooks: the app secret, the key of the server's tokens, or the auth token. */
  readonly secret: string;
  /** The credential that the API requires: bearer token, API key, or auth token. */
  readonly accessToken: string;
  /** Twilio's account SID. */
  readonly accountSid?: string;
  /** No customer writes to it by themselves, scenarios leave it out, and the page does not show it. */
  readonly quiet?: boolean;
}

/** How long after a send each state is reported, in ms. */
export interface StatusDelays {
  readonly sent: number;
  readonly delivered: number;
  readonly read: number;
}

/** The options of a simulator. Everything that depends on chance or time can be replaced. */
export interface SimulatorOptions {
  /** 0 = any free port. */
  readonly port: number;
  readonly host?: string;
  /** Base URL for webhooks; the product's own paths are appended. */
  readonly gatewayUrl: string;
  readonly accounts: readonly SimulatedAccount[];
  readonly pace: { readonly messagesPerMinute: number };
  /** Customers write by themselves and react to answers. */
  readonly demo: boolean;
  /** Reports sent, delivered and read automatically. Default true. */
  readonly autoStatuses?: boolean;
  readonly statusDelaysMs?: StatusDelays;
  readonly clock: Clock;
  /** Returns a number in [0, 1). */
  readonly random: () => number;
}
