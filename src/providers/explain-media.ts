/** Attachment metadata in the field names of `hunfly webhook explain`. */
import type { InboundMedia } from './inbound.ts';

/** `base64` true = the bytes are in the webhook itself. Null for no attachment. */
export function mediaFields(
  media: InboundMedia | null,
  caption: string | null,
): Readonly<Record<string, unknown>> | null {
  if (media === null) return null;
  return {
    mime: media.mime,
    mime_raw: media.mimeRaw ?? media.mime,
    id: media.providerMediaId,
    url: media.url,
    filename: media.filename,
    caption,
    base64: media.inline,
    size: media.sizeBytes,
    ...(media.sha256 === null ? {} : { sha256_base64: Buffer.from(media.sha256, 'hex').toString('base64') }),
  };
}
