/** Files that are sent without an upload, because the server has them: those of saved replies. */
import type { SavedReply } from '../../../src/contract/saved-replies.ts';

/** Described as a `File` is, so that it is chosen, shown and refused in the same way. */
export interface StoredFile {
  readonly id: string;
  readonly name: string;
  /** Its media type. */
  readonly type: string;
  /** In bytes. */
  readonly size: number;
  readonly thumbnailUrl: string | null;
}

/** What can be sent: a file of this machine, or one that the server has. */
export type SendableFile = File | StoredFile;

/** Whether the server has it. */
export const isStored = (file: SendableFile): file is StoredFile => !(file instanceof File);

/** The files that are sent with a saved reply, in its order. */
export function filesOf({ files }: Pick<SavedReply, 'files'>): readonly StoredFile[] {
  return files.map(({ id, filename, mime, sizeBytes, thumbnailUrl }) => ({
    id,
    name: filename,
    type: mime,
    size: sizeBytes,
    thumbnailUrl,
  }));
}

/** The files with others behind them. One that the server has is there once, however often its reply is picked. */
export function withFiles(known: readonly SendableFile[], more: Iterable<SendableFile>): readonly SendableFile[] {
  const ids = new Set(known.filter(isStored).map(({ id }) => id));
  return [...known, ...[...more].filter((file) => !isStored(file) || !ids.has(file.id))];
}
