/** What Meta's refusals have in common, and how Meta checks a file wherever a message can have one. */
import { asName, type Loose } from '../../lib/loose.ts';
import type { Problem, Shown } from './shown.ts';
import type { SimFile } from './uploads.ts';

/** Finds a file that was uploaded before, by its id. */
export type FindUpload = (id: string) => SimFile | null;
/** What the phone shows of a part, or why Meta refuses it. */
export type CloudReader = (part: Loose, find: FindUpload) => Shown | Problem;

/** The refusal of an invalid parameter, code 100. */
export const invalid = (problem: string): Problem => ({ code: 100, problem });
/** The refusal of a missing parameter, code 131008. */
export const missing = (name: string): Problem => ({
  code: 131008,
  problem: `Required parameter is missing: ${name}`,
});

/** Kinds of message that are a file. */
export type FileKind = 'image' | 'video' | 'audio' | 'document' | 'sticker';

const FAMILY: Readonly<Record<FileKind, string>> = {
  image: 'image/',
  video: 'video/',
  audio: 'audio/',
  document: '',
  sticker: 'image/webp',
};

const EXTRA: Readonly<Partial<Record<FileKind, readonly string[]>>> = {
  image: ['caption'],
  video: ['caption'],
  audio: ['voice'],
  document: ['caption', 'filename'],
};

/**
 * The file of a part, under the name it was sent with; null when the part has a link, which the simulator does not
 * fetch.
 */
export function readFile(kind: FileKind, part: Loose, find: FindUpload): SimFile | Problem | null {
  const known = ['id', 'link', ...(EXTRA[kind] ?? [])];
  const extra = Object.keys(part).find((key) => !known.includes(key));
  if (extra !== undefined) return invalid(`Unexpected key "${extra}" on param ${kind}`);
  const id = asName(part['id']);
  if ((id === null) === (asName(part['link'], 2048) === null)) return invalid(`Param ${kind} needs either id or link`);
  if (id === null) return null;
  const file = find(id);
  if (file === null) return { code: 131009, problem: `Parameter value is not valid: ${kind}.id` };
  if (!file.mime.startsWith(FAMILY[kind])) return { code: 131053, problem: 'Media upload error' };
  return { ...file, filename: asName(part['filename']), voice: part['voice'] === true };
}
