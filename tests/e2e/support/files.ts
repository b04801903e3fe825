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
