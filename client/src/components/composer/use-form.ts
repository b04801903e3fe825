/** What is being filled in, kept per thread as long as the page lives. */
import { useState } from 'react';
import { actions, store } from '../../state/app.ts';
import type { FormDraft, FormName } from './forms.ts';

/** The form as somebody left it or else `initial`, and how to change a part of it. */
export function useForm<N extends FormName>(
  threadId: string,
  name: N,
  initial: FormDraft<N>,
): readonly [FormDraft<N>, (part: Partial<FormDraft<N>>) => void] {
  const [draft, setDraft] = useState<FormDraft<N>>(() => store.get().forms[threadId]?.[name] ?? initial);
  return [
    draft,
    (part) => {
      const next = { ...draft, ...part };
      setDraft(next);
      actions.keepForm(threadId, { [name]: next });
    },
  ];
}
