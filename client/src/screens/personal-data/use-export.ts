/** Gathers all that is stored of a customer, a page at a time, and hands it to the browser as a file. */
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

/** How far it is; `words`: why it goes no further. */
export interface ExportStep {
  readonly state: 'ready' | 'running' | 'failed' | 'done';
  readonly records: number;
  readonly words: string | null;
}

/** What has come: a JSON document per line, as `hunfly contact export` writes them; null: that was all. */
interface Gathered {
  readonly lines: string[];
  after: string | null | undefined;
}

const later = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms);
  });

/** The next page. Who is too fast waits; else why there is none. */
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

/** Tried again, it goes on where it stopped. Who closes the window gets no file. */
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
