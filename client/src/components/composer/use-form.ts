/** What is being filled in. */
import { useState } from 'react';

/** The form as it is, and how to change a part of it. */
export function useForm<T extends object>(initial: T): readonly [T, (part: Partial<T>) => void] {
  const [draft, setDraft] = useState(initial);
  return [
    draft,
    (part) => {
      setDraft((before) => ({ ...before, ...part }));
    },
  ];
}
