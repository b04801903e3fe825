/** Puts webhooks whose account was unknown when they arrived back onto the stream, once the account exists. */
import type { Tx } from '../../platform/postgres.ts';
import { shardOf } from '../../lib/hash.ts';
import { streamKey } from '../../platform/stream.ts';
import { INGEST_STREAM } from '../ingest/entry.ts';
import { isOnlyOne, type Job } from './jobs.ts';
import { AGAIN_MS, entryFields, isConfirmed, type ReappendDeps, type StoredWebhook } from './spill-drain.ts';

interface Letter extends StoredWebhook {
  readonly tenantId: string;
  readonly id: string;
  readonly channel: string;
  readonly streamId: string | null;
}

const NAME = 'redrive';
const LIMIT = 20;

/**
 * Takes letters from before their account was added or enabled again, and from the minute after: a worker may have
 * looked for the account before that and written the letter afterwards. A letter that is refused once more after that
 * is left to an operator. The webhook keeps its stream id, so that its other numbers get no second letter.
 */
export function redriveJob(deps: ReappendDeps): Job {
  const unconfirmed = new Map<string, number>();
  return {
    name: NAME,
    everyMs: 10_000,
    full: LIMIT,
    run: () => deps.db.transaction('redrive', (tx) => redrive(tx, deps, unconfirmed)),
  };
}

/**
 * Closes letters in a transaction that commits only after Redis has answered; if the process is killed in between,
 * ingest absorbs the repeat. A webhook that no replica confirms is applied all the same, but its letter stays open, to
 * be appended again: a failover may lose the entry.
 */
async function redrive(tx: Tx, deps: ReappendDeps, unconfirmed: Map<string, number>): Promise<number> {
  if (!(await isOnlyOne(tx, NAME))) return 0;
  const beforeMs = performance.now() - AGAIN_MS;
  for (const [id, sinceMs] of unconfirmed) if (sinceMs < beforeMs) unconfirmed.delete(id);
  const letters = await takeLetters(tx, [...unconfirmed.keys()]);
  for (const letter of letters) {
    const key = streamKey(INGEST_STREAM, shardOf(`${letter.provider}${letter.channel}`, deps.shards));
    const fields = await entryFields(deps.db, letter, { streamId: letter.streamId });
    if (await isConfirmed(deps, key, fields)) await closeLetter(tx, letter);
    else unconfirmed.set(letter.id, performance.now());
  }
  return letters.length;
}

/**
 * The oldest letters except these. Locks them. Indexes: dead_letters_open, whatsapp_accounts_by_channel; for the few
 * from the minute after, dead_letters primary key, to read their tenant's letters.
 */
async function takeLetters(tx: Tx, except: readonly string[]): Promise<Letter[]> {
  return await tx<Letter[]>`
    select d.tenant_id as "tenantId", d.id, d.provider, d.channel, d.auth, d.correlation_id as "correlationId", d.body, d.stream_id as "streamId",
      (extract(epoch from d.received_at) * 1000)::bigint as "receivedAtMs"
    from dead_letters d
    where d.state = 'open' and d.reason = 'unknown_account' and d.id <> all (${except}::uuid[]) and exists (
      select 1 from whatsapp_accounts a where a.provider = d.provider and a.external_id = d.channel
        and a.disabled_at is null and (a.enabled_at > d.created_at
          or a.enabled_at > d.created_at - interval '1 minute' and not exists (
            select 1 from dead_letters r where r.tenant_id = d.tenant_id and r.id < d.id and r.state = 'retried'
              and r.channel = d.channel and r.correlation_id = d.correlation_id and r.closed_at > a.enabled_at)))
    order by d.received_at limit ${LIMIT} for update of d skip locked`;
}

/**
 * Also clears its stream id: if the webhook is refused again, that becomes a new letter. Index: dead_letters primary
 * key.
 */
async function closeLetter(tx: Tx, letter: Letter): Promise<void> {
  await tx`
    update dead_letters set state = 'retried', closed_reason = 'the account was added', closed_at = now(), stream_id = null
    where tenant_id = ${letter.tenantId} and id = ${letter.id}`;
}
