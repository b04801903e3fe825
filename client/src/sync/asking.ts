/** What everything that asks the server for a part of the inbox has in common. */
import type { CommandInput, CommandName } from '../../../src/contract/commands.ts';
import type { Ack } from '../../../src/contract/socket.ts';
import type { AppState } from '../state/store.ts';
import { passesInMs } from './conflict.ts';
import type { InboxState } from './model.ts';

/** Whom everything is requested from. Null: no answer. */
export interface Server {
  ask<N extends CommandName>(name: N, input: CommandInput<N>): Promise<Ack<N> | null>;
}

/** The state with another inbox; the same object comes back when nothing changed. */
export const withInbox = (state: AppState, change: (inbox: InboxState) => InboxState): AppState => {
  const inbox = change(state.machine.inbox);
  return inbox === state.machine.inbox ? state : { ...state, machine: { ...state.machine, inbox } };
};

/** When something was requested; answers from an earlier generation are discarded. */
export interface Asked {
  readonly generation: number;
  readonly seq: number;
}

/** Now, as the state knows it. */
export const askedNow = ({ machine }: AppState): Asked => ({
  generation: machine.generation,
  seq: machine.inbox.cursor?.seq ?? 0,
});

/**
 * Asks again, after the time that the server names, for as long as it answers that too much was asked and the answer is
 * still wanted.
 */
export async function askPatiently<T extends Ack<CommandName> | null>(
  ask: () => Promise<T>,
  isWanted: () => boolean,
): Promise<T> {
  const answer = await ask();
  if (answer?.ok !== false || answer.error.code !== 'rate_limited' || !isWanted()) return answer;
  await new Promise((resolve) => setTimeout(resolve, passesInMs(answer.error) ?? 0));
  return await askPatiently(ask, isWanted);
}
