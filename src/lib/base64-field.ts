/** Reads a file out of JSON text without ever holding the whole file or text in memory. */

const FIELD = /"base64"\s*:\s*"/;
/** Longer than the field's name with any reasonable white space, so that a name split between two pieces is found. */
const TAIL_CHARS = 64;

/**
 * The bytes of the first string under the key `base64`, in pieces; nothing if there is none. Only a real key is found,
 * because inside another string its quotes would be escaped. Throws when the text ends within the value.
 */
export async function* base64Field(source: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  let tail = '';
  let inside = false;
  for await (const piece of source) {
    let text = tail + Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength).toString('latin1');
    if (!inside) {
      const found = FIELD.exec(text);
      inside = found !== null;
      if (found === null) tail = text.slice(-TAIL_CHARS);
      else text = text.slice(found.index + found[0].length);
    }
    if (!inside) continue;
    const end = text.indexOf('"');
    const digits = (end < 0 ? text : text.slice(0, end)).replace(/[\\\s]/g, '');
    const whole = end < 0 ? digits.length - (digits.length % 4) : digits.length;
    tail = digits.slice(whole);
    if (whole > 0) yield Buffer.from(digits.slice(0, whole), 'base64');
    if (end >= 0) return;
  }
  if (inside) throw new Error('The text ends within the base64 value.');
}
