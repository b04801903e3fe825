/** Recognises the most frequent batch: one plain message of a customer and nothing else. Pure. */
import type { Batch } from './batch.ts';
import type { JournalRow } from './document.ts';
import type { Row } from './part.ts';
import type { PersonRow } from './people.ts';

/** The rows of such a batch's document. */
export interface Arrival {
  readonly entry: JournalRow;
  readonly person: PersonRow;
  readonly message: Row;
}

/** Null for any other batch. `ingest_arrival` itself checks the conditions that only the database knows. */
export function soleArrival({ document }: Batch): Arrival | null {
  const { journal, persons, messages, letters, statuses, reactions, votes, edits, files } = document;
  const [[entry], [person], [message]] = [journal, persons, messages];
  const one = [journal, persons, messages].every(({ length }) => length === 1);
  const alone = [letters, statuses, reactions, votes, edits, files].every(({ length }) => length === 0);
  if (!one || !alone || entry === undefined || person === undefined || message === undefined) return null;
  return isPlain(message) && person.consent === null ? { entry, person, message } : null;
}

/** True if the sender wrote it and it changes nothing but its thread. */
function isPlain(message: Row): boolean {
  return (
    message['direction'] === 'inbound' &&
    message['kind'] !== 'system' &&
    message['history'] === false &&
    message['id_within_chat'] === false &&
    message['media'] === null &&
    message['reply_provider_id'] === null
  );
}
