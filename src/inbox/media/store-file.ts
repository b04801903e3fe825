/** Writes a file, and the thumbnail of an image, to the store. */
import { Readable } from 'node:stream';
import type { BlobStore } from '../../platform/blobs.ts';
import type { MediaId, SavedReplyFileId, TenantId } from '../../contract/ids.ts';
import { isStill } from './file-type.ts';
import type { SpooledFile } from './spool.ts';
import type { MakeThumbnail } from './thumbnail.ts';

/** Where files go, and how thumbnails are made. */
export interface FileStore {
  readonly blobs: BlobStore;
  readonly makeThumbnail: MakeThumbnail;
}

/** What was stored. `mime` is the file's real type. */
export interface StoredFile {
  readonly storageKey: string;
  readonly thumbnailKey: string | null;
  readonly sizeBytes: number;
  readonly sha256: string;
  readonly mime: string;
  /** For a WebP: whether it is a still image; null for other types. */
  readonly still: boolean | null;
  readonly width: number | null;
  readonly height: number | null;
}

interface Owner {
  readonly tenantId: TenantId;
  readonly mediaId: MediaId | SavedReplyFileId;
}

const keysOf = ({ tenantId, mediaId }: Owner): { file: string; thumbnail: string } => {
  return { file: `${tenantId}/${mediaId}`, thumbnail: `${tenantId}/${mediaId}.webp` };
};

/** Harmless if nothing is stored. */
export async function removeFile(blobs: BlobStore, owner: Owner): Promise<void> {
  const keys = keysOf(owner);
  await blobs.remove(keys.thumbnail);
  await blobs.remove(keys.file);
}

/**
 * The key follows from the id, so storing the same attachment again replaces it, and no attempt leaves a second file.
 */
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

/** Stores the bytes of a stored file, and of its thumbnail, once more for another owner. */
export async function copyStored(blobs: BlobStore, file: StoredFile, to: Owner): Promise<StoredFile> {
  const { file: storageKey, thumbnail } = keysOf(to);
  await copyBytes(blobs, file.storageKey, { key: storageKey, sizeBytes: file.sizeBytes });
  const small = file.thumbnailKey === null ? null : await blobs.size(file.thumbnailKey);
  if (file.thumbnailKey === null || small === null) return { ...file, storageKey, thumbnailKey: null };
  await copyBytes(blobs, file.thumbnailKey, { key: thumbnail, sizeBytes: small });
  return { ...file, storageKey, thumbnailKey: thumbnail };
}

async function copyBytes(
  blobs: BlobStore,
  from: string,
  { key, sizeBytes }: { readonly key: string; readonly sizeBytes: number },
): Promise<void> {
  const source = blobs.read(from);
  try {
    await blobs.write(key, source, sizeBytes);
  } finally {
    // Where nothing could be written nobody has read it to its end.
    source.destroy();
  }
}
