/** Erases a customer and follows the progress. */
import { useEffect, useState } from 'react';
import type { Contact } from '../../../../src/contract/entities.ts';
import type { ErrorCode } from '../../../../src/contract/errors.ts';
import type { Erasure } from '../../../../src/contract/personal-data.ts';
import { refusalWords } from '../../components/refusal-words.ts';
import { actions } from '../../state/app.ts';

const LOOK_MS = 1000;
/** Texts for errors where the server's message does not say what to do here. */
const WORDS: Partial<Record<ErrorCode, string>> = {
  invalid_input: 'They have another name by now. Close this window and look again.',
  not_found: 'They are not here any more: they were merged into somebody else. Close this window and look again.',
  unavailable: 'The server did not answer, and nobody knows whether it was done. Try again: it is done once.',
};

/** Repeating the command is safe: it is carried out once. After the start, the same command returns the progress. */
export function useErasing({ id: contactId }: Contact) {
  const [erasure, setErasure] = useState<Erasure | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const isUnderWay = erasure !== null && erasure.finishedAt === null;
  useEffect(() => {
    if (!isUnderWay) return undefined;
    const timer = setInterval(() => {
      void actions.administer('contact:erase', { contactId, confirm: contactId }).then((answer) => {
        if (answer.ok) setErasure(answer.data.erasure);
      });
    }, LOOK_MS);
    return () => {
      clearInterval(timer);
    };
  }, [contactId, isUnderWay]);
  const erase = async (confirm: string): Promise<void> => {
    if (isBusy) return;
    setBusy(true);
    setProblem(null);
    const answer = await actions.administer('contact:erase', { contactId, confirm });
    setBusy(false);
    if (answer.ok) setErasure(answer.data.erasure);
    else setProblem(WORDS[answer.error.code] ?? refusalWords(answer.error));
  };
  return { erasure, problem, isBusy, erase };
}
