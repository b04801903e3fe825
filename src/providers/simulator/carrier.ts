/** How one carrier says things: ids, webhook bodies, signatures. */
import type { Chat, SimMessage, Tick } from './world.ts';

/** A webhook ready to be posted. The same headers go with every repeat, as with the real carriers. */
export interface Hook {
  readonly path: string;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Headers that prove the sender, where they depend on the whole address. */
  readonly sign?: (url: string) => Readonly<Record<string, string>>;
}

/** A customer's emoji on a message; empty takes it back. */
export interface SimReaction {
  readonly id: string;
  readonly target: SimMessage;
  readonly emoji: string;
  readonly atMs: number;
}

/** One carrier's voice. `nowMs` is when the webhook is made. */
export interface Carrier {
  newId(author: SimMessage['author']): string;
  message(chat: Chat, message: SimMessage, nowMs: number): Hook;
  /** Null where customers' reactions are not told. */
  reaction(chat: Chat, reaction: SimReaction, nowMs: number): Hook | null;
  status(chat: Chat, report: StatusReport, nowMs: number): Hook;
  /** Null where customers' typing is not told. */
  typing(chat: Chat, typing: boolean, nowMs: number): Hook | null;
  /** What else the carrier posts about a send through its API; null where nothing. */
  echo(chat: Chat, message: SimMessage, nowMs: number): Hook | null;
  /** Whether a webhook answered like this is posted again. */
  repeats(status: number | null, attempt: number): boolean;
}

/** One delivery state to report. */
export interface StatusReport {
  readonly message: Pick<SimMessage, 'id' | 'clientRef'>;
  readonly status: Exclude<Tick, 'accepted'>;
  readonly errorCode?: number;
}
