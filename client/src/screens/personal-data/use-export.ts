/** Collects everything stored about a customer, page by page, and saves it as a file. */
import { useRef, useState } from 'react';
import type { Contact } from '../../../../src/contract/entities.ts';
import type { ErrorBody } from '../../../../src/contract/errors.ts';
import { saveObject } from '../../components/attachments/save.ts';
import { refusalWords } from '../../components/refusal-words.ts';
import { useIsHere } from '../../components/use-is-here.ts';
import { actions } from '../../state/app.ts';
import { passesInMs } from '../../sync/conflict.ts';

const PAGE = 100;
const NO_ANSWER = 'The server did not answer.';

/** The progress; `words` says why it stopped. */
export interface ExportStep {
  readonly state: 'ready' | 'running' | 'failed' | 'done';
  readonly records: number;
  readonly words: string | null;
}

/**
 * What has been received: one JSON document per line, as `hunfly contact export` writes them. `after` is the next
 * cursor: undefined before the first page, null after the last.
 */
interface Gathered {
  readonly lines: string[];
  after: string | null | undefined;
}

const later = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms);
  });

/** Fetches the next page. Waits when rate limited; any other error is returned. */
async function addPage(contact: Contact, gathered: Gathered, isHere: () => boolean): Promise<ErrorBody | null> {
  const { after } = gathered;
  const input = { contactId: contact.id, limit: PAGE, ...(after == null ? {} : { after }) };
  for (;;) {
    const answer = await actions.administer('contact:export', input);
    if (answer.ok) {
      gathered.lines.push(...answer.data.items.map((record) => `${JSON.stringify(record)}\n`));
      gathered.after = answer.data.nextCursor;
      return null;
    }
    const againInMs = answer.error.code === 'rate_limited' ? passesInMs(answer.error) : null;
    if (againInMs === null || !isHere()) return answer.error;
    await later(againInMs);
  }
}

/** A retry continues where it stopped. Closing the dialog yields no file. */
export function useExport(contact: Contact, filename: string) {
  const gathered = useRef<Gathered>({ lines: [], after: undefined });
  const isHere = useIsHere();
  const [step, setStep] = useState<ExportStep>({ state: 'ready', records: 0, words: null });
  const show = (state: ExportStep['state'], words: string | null = null): void => {
    setStep({ state, records: gathered.current.lines.length, words });
  };
  const run = async (): Promise<void> => {
    while (gathered.current.after !== null) {
      show('running');
      const error = await addPage(contact, gathered.current, isHere);
      if (!isHere()) return;
      if (error !== null) {
        show('failed', error.code === 'unavailable' ? NO_ANSWER : refusalWords(error));
        return;
      }
    }
    saveObject(URL.createObjectURL(new Blob(gathered.current.lines, { type: 'application/x-ndjson' })), filename);
    show('done');
  };
  return { step, run };
}
