/** Building blocks of messages to send. */
import { z } from 'zod';
import { MediaId } from './ids.ts';
import { MAX_FILENAME_CHARS, MAX_URL_CHARS } from './send-limits.ts';

/** Text of at most `max` UTF-16 units that is not only blanks. */
export const words = (max: number): z.ZodString =>
  z
    .string()
    .max(max, `must be at most ${String(max)} characters`)
    .regex(/\S/, 'must not be empty');

export const webUrl = z.url({ protocol: /^https?$/, error: 'must be an http or https URL' }).max(MAX_URL_CHARS);

/** The error text for a list that contains a value twice. */
export const distinct = (of: string): string => `must not have the same ${of} twice`;

const stored = { mediaId: MediaId };
const linked = { link: webUrl };
const fileRef = z.union([z.strictObject(stored), z.strictObject(linked)]);
const filename = { filename: words(MAX_FILENAME_CHARS).optional() };

export const FilePart = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('image'), image: fileRef }),
  z.strictObject({ type: z.literal('video'), video: fileRef }),
  z.strictObject({
    type: z.literal('document'),
    document: z.union([z.strictObject({ ...stored, ...filename }), z.strictObject({ ...linked, ...filename })]),
  }),
]);
/** A file above the text of a template or a question: an uploaded one, or a URL. */
export type FilePart = z.infer<typeof FilePart>;

type FileRef = z.infer<typeof fileRef> & { readonly filename?: string | undefined };

function isFilePart(part: { readonly type: string }): part is FilePart {
  return FilePart.options.some((option) => option.shape.type.value === part.type);
}

/** The file of a part that has one; otherwise null. */
export function fileOf(part: { readonly type: string }): FileRef | null {
  if (!isFilePart(part)) return null;
  if (part.type === 'image') return part.image;
  return part.type === 'video' ? part.video : part.document;
}

/** The first of these parts that shows an uploaded file, with its kind; null if there is none. */
export function storedFileIn(
  parts: readonly { readonly type: string }[],
): { readonly mediaId: MediaId; readonly kind: FilePart['type'] } | null {
  for (const part of parts.filter(isFilePart)) {
    const file = fileOf(part);
    if (file !== null && 'mediaId' in file) return { mediaId: file.mediaId, kind: part.type };
  }
  return null;
}
