/**
 * As which kind a file can be sent through a number, and why not. Pure. The server checks again, with the same texts.
 */
import type { Capabilities, MediaKind } from '../../../src/contract/capabilities.ts';
import { refuseFile } from '../../../src/contract/media-limits.ts';

/** The capabilities of a number that concern files. */
export type FileAbility = Pick<Capabilities, 'media' | 'voice'>;

/** `note` tells the person what may be unexpected: that a photo is sent as a document. */
export type FileFit =
  | { readonly ok: true; readonly kind: MediaKind; readonly note: string | null }
  | { readonly ok: false; readonly reason: string };

const FAMILIES: Readonly<Record<string, MediaKind>> = { image: 'image', video: 'video', audio: 'audio' };
/** Browsers leave the type of unknown files empty. */
const UNKNOWN_TYPE = 'application/octet-stream';

/** Type and subtype, without parameters such as codecs. */
export function bareType(mime: string): string {
  return mime.split(';')[0]?.trim().toLowerCase() || UNKNOWN_TYPE;
}

/**
 * The kind of its type, if the number can send that kind, type and size; otherwise a document; otherwise the reason.
 */
export function fitFile({ type, size }: Pick<File, 'type' | 'size'>, can: FileAbility): FileFit {
  const facts = { mime: bareType(type), sizeBytes: size, voice: false };
  const natural = FAMILIES[facts.mime.split('/')[0] ?? ''] ?? 'document';
  const refusal = refuseFile(can, { ...facts, kind: natural });
  if (refusal === null) return { ok: true, kind: natural, note: null };
  const isDocument = natural !== 'document' && refuseFile(can, { ...facts, kind: 'document' }) === null;
  if (isDocument) return { ok: true, kind: 'document', note: `Goes out as a document. ${refusal.message}` };
  return { ok: false, reason: refusal.message };
}

/** Whether it can be sent as exactly this kind. */
export function fitAs(kind: MediaKind, { type, size }: Pick<File, 'type' | 'size'>, can: FileAbility): FileFit {
  const refusal = refuseFile(can, { kind, mime: bareType(type), sizeBytes: size, voice: false });
  return refusal === null ? { ok: true, kind, note: null } : { ok: false, reason: refusal.message };
}

/** Whether the number can send audio of this type at all. */
export function takesAudio(mime: string, can: FileAbility): boolean {
  return refuseFile(can, { kind: 'audio', mime: bareType(mime), sizeBytes: 1, voice: false }) === null;
}
