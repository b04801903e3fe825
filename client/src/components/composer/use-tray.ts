/** Files that are chosen and not sent yet, with how each would go out through the thread's number. */
import { useCallback, useMemo } from 'react';
import type { MediaKind } from '../../../../src/contract/capabilities.ts';
import type { Account } from '../../../../src/contract/entities.ts';
import { actions, store, useApp } from '../../state/app.ts';
import { fitFile, type FileAbility } from '../../sync/file-limits.ts';

const MAX_FILES = 10;
const NONE: readonly File[] = [];
const NOTHING: FileAbility = { media: {}, voice: false };

/** A file that can be sent. */
export interface FittedFile {
  readonly file: File;
  readonly kind: MediaKind;
  readonly note: string | null;
}

/** A file that cannot be sent, with the reason. */
interface RefusedFile {
  readonly file: File;
  readonly reason: string;
}

/** The chosen files in order, and how to change the choice. */
export interface Tray {
  readonly fitted: readonly FittedFile[];
  readonly refused: readonly RefusedFile[];
  readonly add: (files: Iterable<File>) => void;
  readonly remove: (file: File) => void;
  readonly clear: () => void;
}

/** The tray of a thread. */
export function useTray(threadId: string, account: Account | undefined): Tray {
  const files = useApp((state) => state.tray[threadId] ?? NONE);
  const can = account?.capabilities ?? NOTHING;
  const fits = useMemo(() => files.map((file) => ({ file, fit: fitFile(file, can) })), [files, can]);
  const set = useCallback(
    (change: (files: readonly File[]) => readonly File[]) => {
      actions.chooseFiles(threadId, change(store.get().tray[threadId] ?? NONE).slice(0, MAX_FILES));
    },
    [threadId],
  );
  return {
    fitted: fits.flatMap(({ file, fit }) => (fit.ok ? [{ file, kind: fit.kind, note: fit.note }] : [])),
    refused: fits.flatMap(({ file, fit }) => (fit.ok ? [] : [{ file, reason: fit.reason }])),
    add: (more) => {
      set((known) => [...known, ...more]);
    },
    remove: (file) => {
      set((known) => known.filter((other) => other !== file));
    },
    clear: () => {
      set(() => []);
    },
  };
}
