/** The two statements of a round of sends, run as role hunfly_round, which sees only the tenants of its round. */
import type { AgentVisibility, Role } from '../../contract/entities.ts';
import { asJson, type Statement, type Tx } from '../../platform/postgres.ts';
import type { AccountRow } from '../accounts/accounts.ts';
import type { Caller } from '../command.ts';
import type { LoggedEvent } from '../event-log.ts';
import type { SendThread } from '../threads/access.ts';
import type { NewMessage } from './queries.ts';

/** A send to be decided; `n` is its place in the round. */
export interface AskedSend {
  readonly n: number;
  readonly caller: Caller;
  readonly commandId: string | null;
  readonly threadId: string;
}

/** The data it is decided on. */
export interface OpenSend {
  readonly n: number;
  readonly role: Role;
  readonly agentVisibility: AgentVisibility;
  readonly thread: SendThread;
}

type OpenRow = Omit<OpenSend, 'thread'> & Omit<SendThread, 'account'> & Omit<AccountRow, 'id'>;

/**
 * The sends whose sender is a member, whose command has no answer yet, and whose thread exists and is not locked.
 * Indexes: see open_sends. Locks the threads, `for no key update`, until the transaction ends; waits for none.
 */
export async function openSends(tx: Tx, asked: readonly AskedSend[]): Promise<OpenSend[]> {
  const rows = await tx<OpenRow[]>`
    select o.n, o.role, o.agent_visibility as "agentVisibility", o.id, o.account_id as "accountId",
      o.assignee_id as "assigneeId", o.last_message_id as "lastMessageId", o.last_position as "lastPosition",
      o.window_expires_at as "windowExpiresAt", o.provider, o.state, o.read_receipts as "readReceipts",
      o.disabled_at as "disabledAt"
    from open_sends(array(select s from json_populate_recordset(null::asked_send, ${asJson(tx, asked.map(askedRow))}) s)) o`;
  return rows.map(openSend);
}

/** Field by field: spreading what is left of a row makes an object that is slow to read (docs/performance-log.md). */
function openSend(row: OpenRow): OpenSend {
  const { n, role, agentVisibility, id, accountId, assigneeId, lastMessageId, lastPosition, windowExpiresAt } = row;
  const { provider, state, readReceipts, disabledAt } = row;
  const account = { id: accountId, provider, state, readReceipts, disabledAt };
  return {
    n,
    role,
    agentVisibility,
    thread: { id, accountId, assigneeId, lastMessageId, lastPosition, windowExpiresAt, account },
  };
}

function askedRow({ n, caller, commandId, threadId }: AskedSend) {
  return {
    n,
    tenant_id: caller.tenantId,
    member_id: caller.memberId,
    user_id: caller.userId,
    command_id: commandId,
    thread_id: threadId,
  };
}

/** Which of them, by `n`, have been answered by now. Index: primary key of commands. No locks. */
export async function answeredSends(tx: Tx, asked: readonly AskedSend[]): Promise<number[]> {
  const rows = await tx<{ n: number }[]>`
    select s.n from json_populate_recordset(null::asked_send, ${asJson(tx, asked.map(askedRow))}) s
    join commands c on c.tenant_id = s.tenant_id and c.member_id = s.member_id and c.command_id = s.command_id`;
  return rows.map(({ n }) => n);
}

/** An event of send `n`. */
export interface SendEvent extends LoggedEvent {
  readonly n: number;
}

/**
 * Queues the messages, updates their threads, logs both and stores the answers; the last write of its transaction.
 * Rejects with 23505 on commands_pkey when the same commandId was committed meanwhile. Two events each:
 * message.created, thread.updated. Indexes, locks: see write_sends.
 */
export function writeSends(
  tx: Tx,
  sends: readonly { readonly n: number; readonly message: NewMessage }[],
): Statement<SendEvent[]> {
  const rows = sends.map(({ n, message }) => ({
    n,
    tenant_id: message.tenantId,
    member_id: message.authorId,
    command_id: message.commandId,
    id: message.id,
    thread_id: message.threadId,
    account_id: message.accountId,
    kind: message.kind,
    text: message.text,
    content: message.content,
    priority: message.priority,
    at: message.at.toISOString(),
    position: message.position,
  }));
  return tx<SendEvent[]>`
    select l.n, l.tenant_id as "tenantId", l.epoch, l.seq, l.type, l.received_at_ms as "receivedAtMs", l.event::text as event
    from write_sends(array(select s from json_populate_recordset(null::new_send, ${asJson(tx, rows)}) s)) l`;
}
