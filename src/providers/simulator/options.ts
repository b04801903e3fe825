/** How a simulator is set up. */
import type { Clock } from '../../lib/clock.ts';

/** One WhatsApp number that the simulator plays the carrier of. */
export interface SimulatedAccount {
  readonly provider: 'cloud' | 'evolution' | 'twilio';
  /** phone_number_id, instance name or `whatsapp:+digits`. */
  readonly channel: string;
  /** Shown on the page. */
  readonly name?: string;
  /** Own number, digits. */
  readonly phone: string;
  /** Signs webhooks: the app secret, the key of the server's tokens, or the auth token. */
  readonly secret: string;
  /** What the API asks for: bearer token, API key, or auth token. */
  readonly accessToken: string;
  /** Twilio's account. */
  readonly accountSid?: string;
}

/** How long after a send each state is reported, in ms. */
export interface StatusDelays {
  readonly sent: number;
  readonly delivered: number;
  readonly read: number;
}

/** Set-up of a simulator; everything it does by chance or by time can be replaced. */
export interface SimulatorOptions {
  /** 0 = any free port. */
  readonly port: number;
  readonly host?: string;
  /** Where webhooks are posted to; the product's own paths are appended. */
  readonly gatewayUrl: string;
  readonly accounts: readonly SimulatedAccount[];
  readonly pace: { readonly messagesPerMinute: number };
  /** Customers write by themselves and react to answers. */
  readonly demo: boolean;
  /** Report sent, delivered and read by itself. Default true. */
  readonly autoStatuses?: boolean;
  readonly statusDelaysMs?: StatusDelays;
  readonly clock: Clock;
  /** In [0, 1). */
  readonly random: () => number;
}
