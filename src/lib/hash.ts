/** Stable hashes: the same input gives the same answer in every process, version and machine. */
import { createHash, timingSafeEqual } from 'node:crypto';

/** FNV-1a over UTF-8, then murmur3's finaliser, because FNV's low bits alone spread short keys badly. */
function hash32(key: string): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(key, 'utf8')) hash = Math.imul(hash ^ byte, 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** Which of `shards` partitions a key belongs to: an integer in [0, shards). */
export function shardOf(key: string, shards: number): number {
  if (!Number.isInteger(shards) || shards < 1)
    throw new RangeError(`shards must be a positive integer, got ${String(shards)}`);
  return hash32(key) % shards;
}

/** Identifies a secret without revealing it: the first 16 hex digits of its SHA-256. Safe to store and log. */
export function fingerprint(secret: string): string {
  return createHash('sha256').update(secret, 'utf8').digest('hex').slice(0, 16);
}

/** Compares two texts of any length in constant time (over their SHA-256). An empty expectation never matches. */
export function sameSecret(given: string, expected: string): boolean {
  const hash = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(hash(given), hash(expected)) && expected !== '';
}
