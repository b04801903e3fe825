/** Keeps what is being filled in, per thread, until the page is reloaded. */
import { useState } from 'react';
import { actions, store } from '../../state/app.ts';
import type { FormDraft, FormName } from '../../state/forms.ts';
import type { Problems } from './problems.ts';

/** The draft of a form, and how its fields change it. */
export interface Form<D> {
  readonly draft: D;
  /** Returns the change handler for the field of this part. */
  readonly set: <K extends keyof D>(part: K) => (value: D[K]) => void;
}

/** Props of a part of a form. */
export interface FormPart<D> extends Form<D> {
  readonly problems: Problems;
}

/** The draft of a form; starts with `initial` when none is kept. */
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
