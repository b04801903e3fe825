/** What webhooks say that is no message: who is typing, what happened to numbers, what a failure means for them. */
import { matchKey } from '../../lib/phone-match.ts';
import type { Logger } from '../../platform/log.ts';
import type { Database } from '../../platform/postgres.ts';
import type { InboundEvent, PresenceEvent, StatusEvent } from '../../providers/inbound.ts';
import { publishHints } from '../hints.ts';
import { publishContactTyping, type ContactTyping } from '../presence/contact-typing.ts';
import { AccountNews, type AccountNewsDeps } from './account-news.ts';
import { applyFailedStatus } from './failed-statuses.ts';
import type { AccountRef } from './part.ts';
import type { SideEvents } from './worker.ts';

/** How long a customer counts as typing without another sign, ms. */
const CONTACT_TYPING_MS = 10_000;

interface SideDeps extends AccountNewsDeps {
  readonly log: Logger;
}

/** The last presence of each chat in the batch: the rest is out of date. */
export function createSideEvents(deps: SideDeps): SideEvents {
  const news = new AccountNews(deps);
  return async (events) => {
    await news.take(events);
    const typing = new Map<string, Owned<PresenceEvent>>();
    const failures = new Map<string, Owned<StatusEvent>>();
    for (const { part, event } of events) {
      if (!isSideEvent(event) || event.channel === null) continue;
      const account = deps.resolve(part.provider, event.channel, part.auth, event.account);
      if (account === null) continue;
      if (event.kind === 'status') failures.set(`${account.accountId} ${failureKey(event)}`, { account, event });
      else typing.set(`${account.accountId} ${firstAddress(event)}`, { account, event });
    }
    for (const { account, event } of failures.values()) {
      publishHints(deps.hints, await applyFailedStatus(deps.db, account, event));
    }
    for (const { account, event } of typing.values()) await announceTyping(deps, account, event);
  };
}

type SideEvent = PresenceEvent | StatusEvent;

function isSideEvent(event: InboundEvent): event is SideEvent {
  if (event.kind === 'status') return event.error?.action === 'window' || event.error?.action === 'account';
  return event.kind === 'presence';
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
