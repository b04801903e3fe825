/** HS256 session tokens of the floor: the secret becomes a KeyObject once, not a string at every check. */
import { createHmac, createSecretKey, timingSafeEqual } from 'node:crypto';

const HEADER = Buffer.from('{"alg":"HS256","typ":"JWT"}').toString('base64url');

/** @returns {import('node:crypto').KeyObject} from APP_JWT_SECRET */
export function jwtKey() {
  return createSecretKey(Buffer.from(process.env['APP_JWT_SECRET'] ?? ''));
}

/**
 * @param {import('node:crypto').KeyObject} key
 * @param {Record<string, unknown>} claims
 */
export function signToken(key, claims) {
  const text = `${HEADER}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}`;
  return `${text}.${createHmac('sha256', key).update(text).digest('base64url')}`;
}

/**
 * @param {import('node:crypto').KeyObject} key
 * @param {string} token
 * @returns {Record<string, unknown> | null} its claims, or null when it is not ours
 */
export function verifyToken(key, token) {
  const [header, payload = '', signature = ''] = token.split('.');
  const expected = createHmac('sha256', key).update(`${header}.${payload}`).digest();
  const given = Buffer.from(signature, 'base64url');
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return null;
  return JSON.parse(Buffer.from(payload, 'base64url').toString());
}
