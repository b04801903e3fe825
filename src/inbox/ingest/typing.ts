/** Passes customers' typing from webhooks to the gateways. */
import { matchKey } from '../../lib/phone-match.ts';
import type { Logger } from '../../platform/log.ts';
import { asJson, type Database } from '../../platform/postgres.ts';
import type { PresenceEvent } from '../../providers/inbound.ts';
import type { ChannelPublisher } from '../channels.ts';
import { publishContactTyping, type ContactTyping } from '../presence/contact-typing.ts';
import type { AccountRef } from './part.ts';

/** How long a customer counts as typing without another sign, ms. */
const CONTACT_TYPING_MS = 10_000;
/** Per batch; the rest is dropped, as typing may be. */
const MAX_CHATS = 500;

/** A typing event in a chat, and the account it belongs to. */
export interface Typing extends AccountRef {
  readonly event: PresenceEvent;
}

interface TypingDeps {
  readonly db: Database;
  readonly log: Logger;
  readonly hints: ChannelPublisher;
}

/** Tells the gateways which existing threads are concerned. Never fails the batch. */
export async function announceTyping({ db, log, hints }: TypingDeps, typing: readonly Typing[]): Promise<void> {
  if (typing.length === 0) return;
  try {
    for (const { n, ...thread } of await findThreads(db, typing.slice(0, MAX_CHATS))) {
      const presence = typing[n]?.event.presence;
      const on = presence === 'composing' || presence === 'recording';
      publishContactTyping(hints, { ...thread, typing: on, forMs: CONTACT_TYPING_MS });
    }
  } catch (error) {
    log.debug({ err: error }, 'Typing signals were dropped.');
  }
}

type Found = Pick<ContactTyping, 'tenantId' | 'threadId' | 'contactId' | 'assigneeId'> & { readonly n: number };

/** One thread each. Indexes: contact_addresses primary key, threads_contact_key. Lock: none. */
async function findThreads(db: Database, typing: readonly Typing[]): Promise<Found[]> {
  const asked = typing.flatMap(({ tenantId, accountId, event }, n) =>
    event.chat.addresses.map((address) => ({ n, tenantId, accountId, type: address.type, key: matchKey(address) })),
  );
  return await db.run(
    'ingest.typing_threads',
    (sql) => sql<Found[]>`
      select distinct on (j.n) j.n, t.tenant_id as "tenantId", t.id as "threadId", t.contact_id as "contactId",
        t.assignee_id as "assigneeId"
      from json_to_recordset(${asJson(sql, asked)}) as j (n int, "tenantId" uuid, "accountId" uuid, type text, key text)
      join contact_addresses c on c.tenant_id = j."tenantId" and c.type = j.type and c.match_key = j.key
      join threads t on t.tenant_id = c.tenant_id and t.account_id = j."accountId" and t.contact_id = c.contact_id
      order by j.n`,
    { deadlineMs: 2000 },
  );
}
