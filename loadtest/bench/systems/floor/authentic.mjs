/** What the floor's door looks at in a body: the signature, and the number it is for. */
import { createHmac, timingSafeEqual } from 'node:crypto';

const secret = process.env['META_APP_SECRET'] ?? '';
const MARK = Buffer.from('"phone_number_id":"');

/**
 * @param {Buffer} body
 * @returns {string} the number's id, found without parsing
 */
export function channelOf(body) {
  const from = body.indexOf(MARK) + MARK.length;
  return body.toString('latin1', from, body.indexOf(0x22, from));
}

/**
 * @param {Buffer} body
 * @param {string} header
 */
export function isAuthentic(body, header) {
  const expected = createHmac('sha256', secret).update(body).digest();
  const given = Buffer.from(header.slice('sha256='.length), 'hex');
  return given.length === expected.length && timingSafeEqual(given, expected);
}
