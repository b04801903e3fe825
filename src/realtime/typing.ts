/** Decides `typing:set` from what this node has followed, so that a keystroke needs no transaction. */
import { COMMANDS } from '../contract/commands.ts';
import { invalidInput } from '../contract/errors.ts';
import { storableInput } from '../inbox/input.ts';
import { abilityFor } from '../inbox/team/ability.ts';
import { typingIn, type TypingOutcome } from '../inbox/threads/typing.ts';
import type { Connection } from './connection.ts';
import type { TenantFeed } from './tenant-feed.ts';

/** As long as a revocation may take: memory that may be older decides nothing. */
const LEVEL_MS = 2000;

/**
 * Null when Postgres has to decide: the connection is not live, or memory is not level with the log. Throws and rejects
 * with InboxError as the command does, and as Database calls do.
 */
export async function typeFromMemory(
  { feed, connection }: { readonly feed: TenantFeed | null; readonly connection: Connection | null },
  raw: unknown,
): Promise<TypingOutcome | null> {
  if (feed === null || connection === null || !feed.tailer.isLevel(LEVEL_MS)) return null;
  const parsed = COMMANDS['typing:set'].input.safeParse(storableInput(raw));
  if (!parsed.success) throw invalidInput(parsed.error);
  const { threadId, typing } = parsed.data;
  const thread = await feed.threads.get(threadId);
  // From here on synchronous, so the rights are those of this very moment.
  if (thread === undefined || connection.seat === null) return null;
  return typingIn(thread, { caller: connection.caller, ability: abilityFor(connection.grant), threadId, typing });
}
