/** Reads a stored webhook that contains a file, a piece at a time. */
import type { TenantId } from '../../../contract/ids.ts';
import type { Database } from '../../../platform/postgres.ts';
import type { MediaSource } from './claim.ts';

/** Size of a piece of a body of up to 25 MB; only one is in memory at a time. */
const PIECE_BYTES = 512 * 1024;

/** Yields nothing if the journal no longer has it (7 days). Index: webhook_journal primary key. */
export async function* readWebhook(
  db: Database,
  tenantId: TenantId,
  { streamId, receivedAtMs }: NonNullable<MediaSource['webhook']>,
): AsyncGenerator<Buffer> {
  for (let start = 1; ; start += PIECE_BYTES) {
    const [row] = await db.run(
      'media.webhook',
      (sql) => sql<{ piece: Buffer }[]>`
        select substring(body from ${start} for ${PIECE_BYTES}) as piece from webhook_journal
        where tenant_id = ${tenantId} and received_at = ms(${receivedAtMs}) and stream_id = ${streamId}`,
    );
    if (row === undefined || row.piece.length === 0) return;
    yield row.piece;
    if (row.piece.length < PIECE_BYTES) return;
  }
}
