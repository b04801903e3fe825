/** What webhooks say that is no message: who is typing, whether the channel is connected, what a failure means for it. */
import { matchKey } from '../../lib/phone-match.ts';
import type { Logger } from '../../platform/log.ts';
import type { Database } from '../../platform/postgres.ts';
import type { ConnectionEvent, InboundEvent, PresenceEvent, StatusEvent } from '../../providers/inbound.ts';
import { logChanges, type LoggedEvent } from '../event-log.ts';
import { publishHints, type HintPublisher } from '../hints.ts';
import { publishContactTyping, type ContactTyping } from '../presence/contact-typing.ts';
import { applyFailedStatus } from './failed-statuses.ts';
import type { AccountRef, ResolveChannel } from './part.ts';
import type { SideEvents } from './worker.ts';

/** How long a customer counts as typing without another sign, ms. */
const CONTACT_TYPING_MS = 10_000;

interface SideDeps {
  readonly db: Database;
  readonly log: Logger;
  readonly hints: HintPublisher;
  readonly resolve: ResolveChannel;
}

/** The last state of each channel, and the last presence of each chat, in the batch: the rest is out of date. */
export function createSideEvents(deps: SideDeps): SideEvents {
  return async (events) => {
    const typing = new Map<string, Owned<PresenceEvent>>();
    const connections = new Map<string, Owned<ConnectionEvent>>();
    const failures = new Map<string, Owned<StatusEvent>>();
    for (const { part, event } of events) {
      if (!isSideEvent(event)) continue;
      const account =
        event.channel === null ? null : deps.resolve(part.provider, event.channel, part.auth, event.account);
      if (account === null) continue;
      if (event.kind === 'connection') connections.set(account.accountId, { account, event });
      else if (event.kind === 'status') failures.set(`${account.accountId} ${failureKey(event)}`, { account, event });
      else typing.set(`${account.accountId} ${firstAddress(event)}`, { account, event });
    }
    for (const { account, event } of failures.values()) {
      publishHints(deps.hints, await applyFailedStatus(deps.db, account, event));
    }
    for (const { account, event } of connections.values()) await applyConnection(deps, account, event);
    for (const { account, event } of typing.values()) await announceTyping(deps, account, event);
  };
}

type SideEvent = PresenceEvent | ConnectionEvent | StatusEvent;

function isSideEvent(event: InboundEvent): event is SideEvent {
  if (event.kind === 'status') return event.error?.action === 'window' || event.error?.action === 'account';
  return event.kind === 'presence' || event.kind === 'connection';
}

/** A number is stopped once, however many of its messages failed. */
function failureKey({ error, providerMessageId }: StatusEvent): string {
  return error?.action === 'account' ? 'account' : providerMessageId;
}

function firstAddress(event: PresenceEvent): string {
  return event.chat.addresses[0]?.value ?? '';
}

interface Owned<E> {
  readonly account: AccountRef;
  readonly event: E;
}

const STATES: Readonly<Record<string, { state: string; reason: string | null }>> = {
  open: { state: 'connected', reason: null },
  connecting: { state: 'degraded', reason: 'The instance is trying to connect.' },
  closed: { state: 'disconnected', reason: 'The phone has disconnected this instance.' },
  qr: { state: 'reauth', reason: 'The instance waits to be paired; scan a new code.' },
};
const LOGGED_OUT = { state: 'reauth', reason: 'The phone has logged this instance out; pair it again.' };

/** Locks the account row; logs `account.updated` where something changed. Index: whatsapp_accounts primary key. */
async function applyConnection(deps: SideDeps, account: AccountRef, event: ConnectionEvent): Promise<void> {
  const known = STATES[event.state];
  if (known === undefined) return;
  const next = known.state === 'disconnected' && event.relinkRequired === true ? LOGGED_OUT : known;
  const logged = await deps.db.transaction('ingest.connection', async (tx): Promise<LoggedEvent[]> => {
    const changed = await tx`
      update whatsapp_accounts set state = ${next.state}, state_reason = ${next.reason}, version = version + 1
      where tenant_id = ${account.tenantId} and id = ${account.accountId}
        and (state, coalesce(state_reason, '')) <> (${next.state}, ${next.reason ?? ''}) returning id`;
    if (changed.length === 0) return [];
    const change = { type: 'account.updated', id: account.accountId, threadId: null, before: null } as const;
    return logChanges(tx, [{ tenantId: account.tenantId, ...change }]);
  });
  publishHints(deps.hints, logged);
}

type TypingThread = Pick<ContactTyping, 'threadId' | 'contactId' | 'assigneeId'>;

/** Tells the gateways, where a thread with this customer exists. Never fails the batch: typing may be lost. */
async function announceTyping(deps: SideDeps, account: AccountRef, event: PresenceEvent): Promise<void> {
  try {
    const thread = await findThread(deps.db, account, event);
    if (thread === null) return;
    const on = event.presence === 'composing' || event.presence === 'recording';
    publishContactTyping(deps.hints, { tenantId: account.tenantId, ...thread, typing: on, forMs: CONTACT_TYPING_MS });
  } catch (error) {
    deps.log.debug({ err: error }, 'A typing signal was dropped.');
  }
}

/** Indexes: contact_addresses primary key, threads_contact_key. */
async function findThread(db: Database, account: AccountRef, event: PresenceEvent): Promise<TypingThread | null> {
  const types = event.chat.addresses.map((address) => address.type);
  const keys = event.chat.addresses.map((address) => matchKey(address));
  const rows = await db.run(
    'ingest.typing_thread',
    (sql) => sql<TypingThread[]>`
      select t.id as "threadId", t.contact_id as "contactId", t.assignee_id as "assigneeId"
      from unnest(${types}::text[], ${keys}::text[]) as a (type, key)
      join contact_addresses ca on ca.tenant_id = ${account.tenantId} and ca.type = a.type and ca.match_key = a.key
      join threads t on t.tenant_id = ca.tenant_id and t.account_id = ${account.accountId} and t.contact_id = ca.contact_id
      limit 1`,
    { deadlineMs: 2000 },
  );
  return rows[0] ?? null;
}
