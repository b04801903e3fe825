/** Prepares stored attachments for sending. */
import type { TenantId } from '../../../contract/ids.ts';
import type { OutboundFile, SendContent } from '../../../providers/sending.ts';
import type { BlobStore } from '../../../platform/blobs.ts';
import type { StoredContent, StoredFile } from './types.ts';

/** `publicUrl`: a temporary address that needs no credentials; null if there is none. */
export interface OutboundFilesOptions {
  readonly blobs: Pick<BlobStore, 'size' | 'read'>;
  readonly publicUrl: (tenantId: TenantId, mediaId: string) => string | null;
}

/** Null if the bytes are gone; rejects while the store is away. Nothing is read before it is needed. */
export type OpenFile = (tenantId: TenantId, stored: StoredFile) => Promise<OutboundFile | null>;

/** Opens files of one store. */
export function createFileOpener({ blobs, publicUrl }: OutboundFilesOptions): OpenFile {
  return async (tenantId, { mediaId, storageKey, mime, filename, voice }) => {
    const sizeBytes = await blobs.size(storageKey);
    if (sizeBytes === null || sizeBytes === 0) return null;
    return {
      mime,
      filename,
      voice,
      sizeBytes,
      open: () => blobs.read(storageKey),
      publicUrl: publicUrl(tenantId, mediaId),
    };
  };
}

/** The content with its file opened, if it has one; null if the file is gone. */
export async function withFile(
  content: StoredContent,
  open: (stored: StoredFile) => ReturnType<OpenFile>,
): Promise<SendContent | null> {
  if (!('file' in content)) return content;
  if ('caption' in content) {
    const file = await open(content.file);
    return file === null ? null : { ...content, file };
  }
  const file = content.file === null ? null : await open(content.file);
  return file === null && content.file !== null ? null : { ...content, file };
}
