/** The password that a new person logs in with for the first time. */
import { createHmac } from 'node:crypto';
import type { UserId } from '../../contract/ids.ts';

/** 32 characters that are not mistaken for each other when they are read out. */
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';
const GROUPS = 5;
const GROUP_CHARS = 4;

/**
 * Always the same for the same person, so that it can be told again without being kept, until a password is changed:
 * `generation` is that of the sessions it opens (users.session_generation), 0 for who is new.
 */
export type InitialPasswords = (userId: UserId, generation: number) => string;

/**
 * Five groups of four, 100 bits. Made of the secret that signs sessions: who has that needs no password. What it signs
 * there is base64url without a space, so that neither can stand for the other.
 */
export function createInitialPasswords(secret: string): InitialPasswords {
  return (userId, generation) => {
    const what = generation === 0 ? 'initial password' : `initial password ${String(generation)}`;
    const bytes = createHmac('sha256', secret).update(`${what} of ${userId}`).digest();
    const chars = [...bytes.subarray(0, GROUPS * GROUP_CHARS)].map((byte) => ALPHABET.charAt(byte % ALPHABET.length));
    return (chars.join('').match(/.{4}/g) ?? []).join('-');
  };
}
