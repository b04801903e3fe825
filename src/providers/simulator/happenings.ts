/** Events that carriers report only by webhook, and which of them each carrier reports. */
import type { Hook } from './carrier.ts';
import type { SimulatedAccount } from './options.ts';
import type { Persona } from './people.ts';
import type { Happening } from './scenarios.ts';
import type { Chat, SimMessage } from './world.ts';

/** A chat and the last message of the business in it. */
export interface Answered {
  readonly chat: Chat;
  readonly message: SimMessage;
}

/** What a happening works with: one number, its chats that were answered, and the cast. */
export interface Stage {
  readonly account: SimulatedAccount;
  readonly answered: readonly Answered[];
  readonly people: readonly Persona[];
  readonly nowMs: number;
}

/** Builds the webhooks of each happening. A carrier never reports the absent ones. */
export type Happenings = Readonly<Partial<Record<Happening, (stage: Stage) => readonly Hook[]>>>;
