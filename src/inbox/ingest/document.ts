/** The document that `ingest_batch` takes: rows named like its SQL types. */
import type { ProviderName } from '../../contract/entities.ts';
import type { TenantId } from '../../contract/ids.ts';
import type { Row } from './part.ts';
import type { PartyRow, PersonRow } from './people.ts';

/** Position of a body among all raw bytes of the batch. */
export interface Slice {
  readonly start: number;
  readonly length: number;
}

/** How a webhook came. */
interface Envelope {
  readonly received_ms: number;
  readonly stream_id: string;
  readonly provider: ProviderName;
  readonly auth: string;
  readonly correlation_id: string;
}

/** One tenant's share of a webhook. */
export interface JournalRow extends Envelope, Slice {
  readonly tenant_id: TenantId;
}

/** A webhook, or a part of one, that cannot be applied, and why. */
export interface LetterRow extends JournalRow {
  readonly channel: string | null;
  readonly reason: string;
  readonly sqlstate: string | null;
}

/** The content of a batch. */
export interface BatchDocument {
  /** When the first of its webhooks was received. */
  readonly receivedAtMs: number;
  readonly journal: readonly JournalRow[];
  readonly letters: readonly LetterRow[];
  readonly persons: readonly PersonRow[];
  readonly parties: readonly PartyRow[];
  readonly messages: readonly Row[];
  readonly statuses: readonly Row[];
  readonly reactions: readonly Row[];
  readonly votes: readonly Row[];
  readonly edits: readonly Row[];
  readonly files: readonly Row[];
}
