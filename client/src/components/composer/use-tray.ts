/** Files that are chosen but not sent yet, and how each would be sent through the thread's number. */
import { useCallback, useMemo } from 'react';
import type { MediaKind } from '../../../../src/contract/capabilities.ts';
import type { Account } from '../../../../src/contract/entities.ts';
import { actions, store, useApp } from '../../state/app.ts';
import { fitFile, type FileAbility } from '../../sync/file-limits.ts';
import type { SendableFile } from '../../sync/stored-file.ts';

/** At most this many are sent at once. The rest stays for the next time. */
const MAX_FILES = 10;
const LATER = `${String(MAX_FILES)} files go at a time. This one stays here for the next.`;
const NONE: readonly SendableFile[] = [];
/** Of a number of which nothing is known yet. */
export const NOTHING: FileAbility = { media: {}, voice: false };

/** A file that can be sent. */
export interface FittedFile {
  readonly file: SendableFile;
  readonly kind: MediaKind;
  readonly note: string | null;
}

/** A file that cannot be sent, with the reason. */
interface RefusedFile {
  readonly file: SendableFile;
  readonly reason: string;
}

/** The chosen files in order, and functions to change the choice. */
export interface Tray {
  readonly fitted: readonly FittedFile[];
  readonly refused: readonly RefusedFile[];
  readonly add: (files: Iterable<SendableFile>) => void;
  readonly remove: (file: SendableFile) => void;
  /** Removes everything except the files above the limit. */
  readonly clear: () => void;
}

/** Splits files into those sent now, those that cannot be sent, and those above the limit. */
function sorted(files: readonly SendableFile[], can: FileAbility) {
  const fits = files.map((file) => ({ file, fit: fitFile(file, can) }));
  const fitted = fits.flatMap(({ file, fit }) => (fit.ok ? [{ file, kind: fit.kind, note: fit.note }] : []));
  const unfit = fits.flatMap(({ file, fit }) => (fit.ok ? [] : [{ file, reason: fit.reason }]));
  const later = fitted.slice(MAX_FILES).map(({ file }) => file);
  return { fitted: fitted.slice(0, MAX_FILES), unfit, later };
}

/** The tray of a thread. */
export function useTray(threadId: string, account: Account | undefined): Tray {
  const files = useApp((state) => state.tray[threadId] ?? NONE);
  const can = account?.capabilities ?? NOTHING;
  const { fitted, unfit, later } = useMemo(() => sorted(files, can), [files, can]);
  const set = useCallback(
    (change: (files: readonly SendableFile[]) => readonly SendableFile[]) => {
      actions.chooseFiles(threadId, change(store.get().tray[threadId] ?? NONE));
    },
    [threadId],
  );
  return {
    fitted,
    refused: [...unfit, ...later.map((file) => ({ file, reason: LATER }))],
    add: (more) => {
      actions.addFiles(threadId, more);
    },
    remove: (file) => {
      set((known) => known.filter((other) => other !== file));
    },
    clear: () => {
      set(() => later);
    },
  };
}
