/** Attachments on their way out: from where they are kept to what a carrier is given. */
import type { TenantId } from '../../../contract/ids.ts';
import type { OutboundFile, SendContent } from '../../../providers/sending.ts';
import type { BlobStore } from '../../../platform/blobs.ts';
import type { StoredContent, StoredFile } from './types.ts';

/** `publicUrl`: an address without credentials that works for a while; null where there is none. */
export interface OutboundFilesOptions {
  readonly blobs: Pick<BlobStore, 'size' | 'read'>;
  readonly publicUrl: (tenantId: TenantId, mediaId: string) => string | null;
}

/** Null where the bytes have gone; rejects while the store is away. Nothing is read before it is needed. */
export type OpenFile = (tenantId: TenantId, stored: StoredFile) => Promise<OutboundFile | null>;

/** Opens files of one store. */
export function createFileOpener({ blobs, publicUrl }: OutboundFilesOptions): OpenFile {
  return async (tenantId, { mediaId, storageKey, mime, filename, voice }) => {
    const sizeBytes = await blobs.size(storageKey);
    if (sizeBytes === null || sizeBytes === 0) return null;
    return {
      ...{ mime, filename, voice, sizeBytes },
      open: () => blobs.read(storageKey),
      publicUrl: publicUrl(tenantId, mediaId),
    };
  };
}

/** The content with its file at hand, where it has one; null where the file has gone. */
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
