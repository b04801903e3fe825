/** Webhooks that could not be applied and wait for an operator. Runs as the owner of the schema. */
import type { ProviderName } from '../../contract/entities.ts';
import { InboxError } from '../../contract/errors.ts';
import type { AnySql, Tx } from '../../platform/postgres.ts';
import { insertAudit } from '../audit.ts';
import type { UNKNOWN } from '../ingest/unreadable.ts';

/** A letter without its content. */
export interface LetterSummary {
  readonly id: string;
  readonly tenantId: string;
  /** `unknown`: the entry could not be read. */
  readonly provider: ProviderName | typeof UNKNOWN;
  readonly channel: string | null;
  readonly reason: string;
  readonly detail: string | null;
  readonly sqlstate: string | null;
  readonly state: 'open' | 'retried' | 'dropped';
  readonly receivedAt: Date;
  readonly correlationId: string;
  readonly bytes: number;
  /** When its term ends and it is deleted; null means never. */
  readonly endsAt: Date | null;
}

/** A letter with the raw bytes of the webhook, or of the entry that could not be read (KeptEntry). */
export interface Letter extends LetterSummary {
  readonly body: Buffer;
  /** What its sender proved; see IngestEntry. */
  readonly auth: string;
  /** Null for a body that never reached the stream. */
  readonly streamId: string | null;
}

/** The columns of a LetterSummary, of `d`. Indexes: sql/functions/letter_ends_at.sql. */
const summary = (sql: AnySql) => sql`
  d.id, d.tenant_id as "tenantId", d.provider, d.channel, d.reason, d.detail, d.sqlstate, d.state, d.received_at as "receivedAt",
  d.correlation_id as "correlationId", length(d.body) as bytes,
  letter_ends_at(d.tenant_id, d.provider, d.channel, greatest(d.created_at, d.received_at)) as "endsAt"`;

/** Open letters, oldest first, at most `limit`. Index: dead_letters_open. Lock: none. */
export async function listOpenLetters(sql: AnySql, limit: number): Promise<LetterSummary[]> {
  return sql<LetterSummary[]>`
    select ${summary(sql)} from dead_letters d where d.state = 'open' order by d.received_at, d.id limit ${limit}`;
}

/** Null when there is none. Scans by id alone, which only operators do. Lock: none. */
export async function findLetter(sql: AnySql, id: string): Promise<Letter | null> {
  const rows = await sql<Letter[]>`
    select ${summary(sql)}, d.body, d.auth, d.stream_id as "streamId" from dead_letters d where d.id = ${id}`;
  return rows[0] ?? null;
}

/** Throws not_found. */
export async function readLetter(sql: AnySql, id: string): Promise<Letter> {
  const letter = await findLetter(sql, id);
  if (letter === null) throw new InboxError('not_found', 'There is no such dead letter.');
  return letter;
}

/** The refusal of what only an open letter can have done to it. */
export const closedAlready = (): InboxError => new InboxError('conflict', 'This dead letter was closed already.');

/** Closes a letter for good, recording the reason. Throws not_found, or conflict when it is not open. Locks it. */
export async function dropLetter(tx: Tx, id: string, reason: string): Promise<void> {
  const letter = await readLetter(tx, id);
  const rows = await tx`
    update dead_letters set state = 'dropped', closed_reason = ${reason}, closed_at = now()
    where tenant_id = ${letter.tenantId} and id = ${id} and state = 'open' returning 1`;
  if (rows.length === 0) throw closedAlready();
  const actor = { tenantId: letter.tenantId, type: 'operator', id: null, correlationId: letter.correlationId } as const;
  await insertAudit(tx, actor, [{ action: 'dead_letter.dropped', subjectType: 'dead_letter', subjectId: id }]);
}
