/** Files as people have them on their disks. */
import sharp from 'sharp';

/** What the browser's file chooser is given. */
export interface LocalFile {
  readonly name: string;
  readonly mimeType: string;
  readonly buffer: Buffer;
}

/** A photo of one colour, `#rrggbb`. */
export async function aPhoto(name: string, colour: string): Promise<LocalFile> {
  const blank = { create: { width: 640, height: 480, channels: 3, background: colour } } as const;
  return { name, mimeType: 'image/jpeg', buffer: await sharp(blank).jpeg().toBuffer() };
}

/** A document of about this many bytes. */
export function aDocument(name: string, sizeBytes: number): LocalFile {
  const buffer = Buffer.concat([Buffer.from('%PDF-1.4\n'), Buffer.alloc(sizeBytes, ' ')]);
  return { name, mimeType: 'application/pdf', buffer };
}

/** A film without a picture: enough for everybody to see what it is. */
export function aFilm(name: string): LocalFile {
  const brand = Buffer.from('\0\0\0\x18ftypisom\0\0\x02\0isommp42', 'latin1');
  return { name, mimeType: 'video/mp4', buffer: Buffer.concat([brand, Buffer.alloc(2000)]) };
}
