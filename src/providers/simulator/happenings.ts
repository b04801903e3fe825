/** Things that carriers tell of by webhooks alone: what there is to tell, by carrier. */
import type { Hook } from './carrier.ts';
import type { SimulatedAccount } from './options.ts';
import type { Persona } from './people.ts';
import type { Happening } from './scenarios.ts';
import type { Chat, SimMessage } from './world.ts';

/** The last message of the business in a chat. */
export interface Answered {
  readonly chat: Chat;
  readonly message: SimMessage;
}

/** Where something happens: one number, its chats that were answered, and the cast. */
export interface Stage {
  readonly account: SimulatedAccount;
  readonly answered: readonly Answered[];
  readonly people: readonly Persona[];
  readonly nowMs: number;
}

/** The webhooks of each happening; what is absent, this carrier never tells. */
export type Happenings = Readonly<Partial<Record<Happening, (stage: Stage) => readonly Hook[]>>>;
