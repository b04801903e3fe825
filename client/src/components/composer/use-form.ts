/** What is being filled in, kept per thread as long as the page lives. */
import { useState } from 'react';
import { actions, store } from '../../state/app.ts';
import type { FormDraft, FormName } from '../../state/forms.ts';
import type { Problems } from './problems.ts';

/** The form as somebody left it, and what its fields change. */
export interface Form<D> {
  readonly draft: D;
  /** What the field of this part is given to call with what was typed or chosen. */
  readonly set: <K extends keyof D>(part: K) => (value: D[K]) => void;
}

/** What a part of a form is given. */
export interface FormPart<D> extends Form<D> {
  readonly problems: Problems;
}

/** Begins with `initial` where nobody left anything. */
export function useForm<N extends FormName>(threadId: string, name: N, initial: FormDraft<N>): Form<FormDraft<N>> {
  const [draft, setDraft] = useState<FormDraft<N>>(() => store.get().forms[threadId]?.[name] ?? initial);
  return {
    draft,
    set: (part) => (value) => {
      const next = { ...draft, [part]: value };
      setDraft(next);
      actions.keepForm(threadId, { [name]: next });
    },
  };
}
