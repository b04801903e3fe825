/** `typing:set`: shown to colleagues, and to the customer if the carrier supports it and they have written before. */
import type { CommandResult } from '../../contract/commands.ts';
import type { AccountId, MemberId, TenantId, ThreadId } from '../../contract/ids.ts';
import type { OutboundJob } from '../../contract/jobs.ts';
import type { Database } from '../../platform/postgres.ts';
import type { Caller, Command, Effect } from '../command.ts';
import type { InboxAbility } from '../team/ability.ts';
import { accessThread, authoriseThread } from './access.ts';
import { selectNewestInboundId, selectThread } from './queries.ts';

/** What typing needs of a thread. Every change of it logs an event of the thread. */
export interface TypedThread {
  readonly accountId: AccountId;
  readonly assigneeId: MemberId | null;
  /** The provider's id of the customer's newest message. */
  readonly newestInboundId: string | null;
}

/** Null when there is no such thread. Rejects as Database calls do. */
export async function readTypedThread(
  database: Database,
  tenantId: TenantId,
  threadId: ThreadId,
): Promise<TypedThread | null> {
  const options = { deadlineMs: 3000, isolation: 'repeatable read', readOnly: true } as const;
  const read = await database.asTenant(
    tenantId,
    'threads.typed',
    (tx) => Promise.all([selectThread(tx, tenantId, threadId), selectNewestInboundId(tx, tenantId, threadId, null)]),
    options,
  );
  const [thread, newestInboundId] = read;
  return thread === null ? null : { accountId: thread.accountId, assigneeId: thread.assigneeId, newestInboundId };
}

/** Who is typing where; `ability` is the typist's. */
export interface Typing {
  readonly caller: Caller;
  readonly ability: InboxAbility;
  readonly threadId: ThreadId;
  readonly typing: boolean;
}

/** The effects of typing. */
export interface TypingOutcome {
  readonly data: CommandResult<'typing:set'>;
  readonly effects: readonly Effect[];
  readonly jobs: readonly OutboundJob[];
}

/** Pure. Throws not_found, or forbidden if the typist may only read. */
export function typingIn(found: TypedThread | null, { caller, ability, threadId, typing }: Typing): TypingOutcome {
  const { accountId, assigneeId, newestInboundId } = authoriseThread(ability, found, 'write');
  const effects = [{ type: 'typing', threadId, assigneeId, on: typing }] as const;
  if (!typing || newestInboundId === null) return { data: {}, effects, jobs: [] };
  const task = { task: 'typing', providerMessageId: newestInboundId } as const;
  return { data: {}, effects, jobs: [{ tenantId: caller.tenantId, accountId, threadId, ...task }] };
}

/** Allowed to whoever may answer in the thread. */
export const setTyping: Command<'typing:set'> = {
  name: 'typing:set',
  access: 'read',
  async run(context, { threadId, typing }) {
    const { tx, caller, ability } = context;
    const { accountId, assigneeId } = await accessThread(context, threadId, 'write');
    const newestInboundId = typing ? await selectNewestInboundId(tx, caller.tenantId, threadId, null) : null;
    return typingIn({ accountId, assigneeId, newestInboundId }, { caller, ability, threadId, typing });
  },
};
