/** How one carrier expresses things: ids, webhook bodies, signatures. */
import type { Chat, SimMessage, Tick } from './world.ts';

/** A webhook ready to be posted. Every retry sends the same headers, as with the real carriers. */
export interface Hook {
  readonly path: string;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Headers that prove the sender, for signatures that cover the whole URL. */
  readonly sign?: (url: string) => Readonly<Record<string, string>>;
}

/** A customer's reaction to a message; an empty emoji removes it. */
export interface SimReaction {
  readonly id: string;
  readonly target: SimMessage;
  readonly emoji: string;
  readonly atMs: number;
}

/** Builds the ids and webhooks of one carrier. `nowMs` is when the webhook is made. */
export interface Carrier {
  newId(author: SimMessage['author']): string;
  message(chat: Chat, message: SimMessage, nowMs: number): Hook;
  /** Null if the carrier does not report customers' reactions. */
  reaction(chat: Chat, reaction: SimReaction, nowMs: number): Hook | null;
  status(chat: Chat, report: StatusReport, nowMs: number): Hook;
  /** Null if the carrier does not report customers' typing. */
  typing(chat: Chat, typing: boolean, nowMs: number): Hook | null;
  /** The extra webhook that the carrier posts about a send through its API; null if it posts none. */
  echo(chat: Chat, message: SimMessage, nowMs: number): Hook | null;
  /** Whether a webhook is retried after this response; `status` is null without a response. */
  repeats(status: number | null, attempt: number): boolean;
}

/** One delivery state to report. */
export interface StatusReport {
  readonly message: Pick<SimMessage, 'id' | 'clientRef'>;
  readonly status: Exclude<Tick, 'accepted'>;
  readonly errorCode?: number;
}
