/** Files that customers send. They are generated from the message's id, so nothing has to be stored. */
import { createHash } from 'node:crypto';
import { crc32, deflateSync } from 'node:zlib';

/** The kinds of file that a customer can send. */
export const FILE_KINDS = ['image', 'audio', 'document'] as const;
/** One of `FILE_KINDS`. `audio` is a voice note. */
export type FileKind = (typeof FILE_KINDS)[number];

/** A file with its bytes. `sha256` is hex. */
export interface CustomerFile {
  readonly mime: string;
  readonly filename: string | null;
  readonly bytes: Buffer;
  readonly sha256: string;
}

/** The file of a message; always the same for the same message. */
export function customerFile(kind: FileKind, messageId: string): CustomerFile {
  const seed = createHash('sha256').update(messageId).digest();
  const { bytes, ...named } = MAKERS[kind](seed);
  return { ...named, bytes, sha256: createHash('sha256').update(bytes).digest('hex') };
}

type Maker = (seed: Buffer) => Omit<CustomerFile, 'sha256'>;

const MAKERS: Readonly<Record<FileKind, Maker>> = {
  image: (seed) => ({ mime: 'image/png', filename: null, bytes: picture(seed) }),
  audio: () => ({ mime: 'audio/ogg; codecs=opus', filename: null, bytes: silence() }),
  document: (seed) => ({ mime: 'application/pdf', filename: 'Order.pdf', bytes: page(seed) }),
};

const WIDTH = 640;
const HEIGHT = 420;

/** A PNG with a gradient from one corner to the other: https://www.w3.org/TR/png-3/ */
function picture(seed: Buffer): Buffer {
  const rows = Buffer.alloc(HEIGHT * (1 + WIDTH * 3));
  for (let y = 0; y < HEIGHT; y++) {
    for (let x = 0; x < WIDTH; x++) {
      const at = y * (1 + WIDTH * 3) + 1 + x * 3;
      const part = (x / WIDTH + y / HEIGHT) / 2;
      for (let colour = 0; colour < 3; colour++) {
        rows[at + colour] = (seed[colour] ?? 0) * (1 - part) + (seed[colour + 3] ?? 0) * part;
      }
    }
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(WIDTH, 0);
  header.writeUInt32BE(HEIGHT, 4);
  header.set([8, 2], 8);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(rows)),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunk(name: string, data: Buffer): Buffer {
  const typed = Buffer.concat([Buffer.from(name, 'latin1'), data]);
  const framed = Buffer.alloc(typed.length + 8);
  framed.writeUInt32BE(data.length, 0);
  framed.set(typed, 4);
  framed.writeUInt32BE(crc32(typed), typed.length + 4);
  return framed;
}

const FRAMES = 100;
/** A silent Opus frame of 20 ms. */
const FRAME = [0xf8, 0xff, 0xfe];

/** Two seconds of a silent voice note, Opus in Ogg: https://www.rfc-editor.org/rfc/rfc7845 */
function silence(): Buffer {
  const head = Buffer.from('OpusHead\x01\x01\x38\x01\x80\xbb\x00\x00\x00\x00\x00', 'latin1');
  const tags = Buffer.from('OpusTags\x09\x00\x00\x00simulator\x00\x00\x00\x00', 'latin1');
  const frames = Array.from({ length: FRAMES }, () => Buffer.from(FRAME));
  return Buffer.concat([
    oggPage({ flags: 2, position: 0, sequence: 0 }, [head]),
    oggPage({ flags: 0, position: 0, sequence: 1 }, [tags]),
    oggPage({ flags: 4, position: 312 + FRAMES * 960, sequence: 2 }, frames),
  ]);
}

/**
 * An Ogg page. Works only for packets of fewer than 255 bytes: https://www.rfc-editor.org/rfc/rfc3533#section-6
 * https://www.rfc-editor.org/rfc/rfc3533#section-6;
 */
function oggPage(
  { flags, position, sequence }: { readonly flags: number; readonly position: number; readonly sequence: number },
  packets: readonly Buffer[],
): Buffer {
  const head = Buffer.alloc(27 + packets.length);
  head.write('OggS', 'latin1');
  head.set([0, flags], 4);
  head.writeBigInt64LE(BigInt(position), 6);
  head.writeUInt32LE(1, 14);
  head.writeUInt32LE(sequence, 18);
  head.set([packets.length, ...packets.map((packet) => packet.length)], 26);
  const whole = Buffer.concat([head, ...packets]);
  whole.writeUInt32LE(oggChecksum(whole), 22);
  return whole;
}

/** Ogg's CRC. zlib's differs in bit order and start value. */
function oggChecksum(bytes: Buffer): number {
  let sum = 0;
  for (const byte of bytes) {
    sum ^= byte << 24;
    for (let bit = 0; bit < 8; bit++) sum = (sum << 1) ^ (sum & 0x80000000 ? 0x04c11db7 : 0);
  }
  return sum >>> 0;
}

/** A PDF of one page with one line of text. It has no cross-reference table; readers rebuild it. */
function page(seed: Buffer): Buffer {
  const text = `BT /F1 24 Tf 72 720 Td (Order ${String(seed.readUInt16BE(0))}) Tj ET`;
  const objects = [
    '<< /Type /Catalog /Pages 2 0 R >>',
    '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
    '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>',
    `<< /Length ${String(text.length)} >>\nstream\n${text}\nendstream`,
    '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>',
  ];
  const body = objects.map((object, index) => `${String(index + 1)} 0 obj\n${object}\nendobj\n`).join('');
  return Buffer.from(`%PDF-1.4\n${body}trailer << /Root 1 0 R /Size 6 >>\n%%EOF\n`, 'latin1');
}
