/** As which kind a file would be sent through a number, and why not. Pure; the server checks again, in the same words. */
import type { Capabilities, MediaKind } from '../../../src/contract/capabilities.ts';
import { refuseFile } from '../../../src/contract/media-limits.ts';

/** What a number says about files. */
export type FileAbility = Pick<Capabilities, 'media' | 'voice'>;

/** `note` says what the person may not expect: that a photo goes out as a document. */
export type FileFit =
  | { readonly ok: true; readonly kind: MediaKind; readonly note: string | null }
  | { readonly ok: false; readonly reason: string };

const FAMILIES: Readonly<Record<string, MediaKind>> = { image: 'image', video: 'video', audio: 'audio' };
/** Browsers leave the type of what they do not know empty. */
const UNKNOWN_TYPE = 'application/octet-stream';

/** Type and subtype; parameters such as codecs do not count. */
export function bareType(mime: string): string {
  return mime.split(';')[0]?.trim().toLowerCase() || UNKNOWN_TYPE;
}

/** The kind its type belongs to, if the number sends that kind, type and size; else a document; else the reason. */
export function fitFile({ type, size }: Pick<File, 'type' | 'size'>, can: FileAbility): FileFit {
  const facts = { mime: bareType(type), sizeBytes: size, voice: false };
  const natural = FAMILIES[facts.mime.split('/')[0] ?? ''] ?? 'document';
  const refusal = refuseFile(can, { ...facts, kind: natural });
  if (refusal === null) return { ok: true, kind: natural, note: null };
  const isDocument = natural !== 'document' && refuseFile(can, { ...facts, kind: 'document' }) === null;
  if (isDocument) return { ok: true, kind: 'document', note: `Goes out as a document. ${refusal.message}` };
  return { ok: false, reason: refusal.message };
}

/** Whether it can go out as just this kind. */
export function fitAs(kind: MediaKind, { type, size }: Pick<File, 'type' | 'size'>, can: FileAbility): FileFit {
  const refusal = refuseFile(can, { kind, mime: bareType(type), sizeBytes: size, voice: false });
  return refusal === null ? { ok: true, kind, note: null } : { ok: false, reason: refusal.message };
}

/** Whether the number sends sound of this type at all. */
export function takesAudio(mime: string, can: FileAbility): boolean {
  return refuseFile(can, { kind: 'audio', mime: bareType(mime), sizeBytes: 1, voice: false }) === null;
}
