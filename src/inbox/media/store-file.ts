/** Puts a file, and the small picture of an image, into the store. */
import { Readable } from 'node:stream';
import type { BlobStore } from '../../platform/blobs.ts';
import type { MediaId, TenantId } from '../../contract/ids.ts';
import { isStill } from './file-type.ts';
import type { SpooledFile } from './spool.ts';
import type { MakeThumbnail } from './thumbnail.ts';

/** Where files go and how small pictures are made. */
export interface FileStore {
  readonly blobs: BlobStore;
  readonly makeThumbnail: MakeThumbnail;
}

/** What is in the store now. `mime` is what the file is. */
export interface StoredFile {
  readonly storageKey: string;
  readonly thumbnailKey: string | null;
  readonly sizeBytes: number;
  readonly sha256: string;
  readonly mime: string;
  /** Of a WebP: that it does not move; null for other types. */
  readonly still: boolean | null;
  readonly width: number | null;
  readonly height: number | null;
}

interface Owner {
  readonly tenantId: TenantId;
  readonly mediaId: MediaId;
}

const keysOf = ({ tenantId, mediaId }: Owner): { file: string; thumbnail: string } => {
  return { file: `${tenantId}/${mediaId}`, thumbnail: `${tenantId}/${mediaId}.webp` };
};

/** Harmless where there is nothing. */
export async function removeFile(blobs: BlobStore, owner: Owner): Promise<void> {
  const keys = keysOf(owner);
  await blobs.remove(keys.thumbnail);
  await blobs.remove(keys.file);
}

/** Keys follow from the id: storing the same attachment again replaces it, so that no attempt leaves a second file. */
export async function storeFile(
  { blobs, makeThumbnail }: FileStore,
  owner: Owner,
  file: SpooledFile,
  mime: string,
): Promise<StoredFile> {
  const { file: storageKey, thumbnail: thumbnailKey } = keysOf(owner);
  const { sizeBytes, sha256, head } = file;
  await blobs.write(storageKey, file.read(), sizeBytes);
  const stored = { storageKey, sizeBytes, sha256, mime, still: isStill(mime, head) };
  const small = mime.startsWith('image/') ? await makeThumbnail(file) : null;
  if (small === null) return { ...stored, thumbnailKey: null, width: null, height: null };
  await blobs.write(thumbnailKey, Readable.from([small.bytes]), small.bytes.length);
  return { ...stored, thumbnailKey, width: small.width, height: small.height };
}
