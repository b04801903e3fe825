/** The password with which a new person logs in for the first time. */
import { createHmac } from 'node:crypto';
import type { UserId } from '../../contract/ids.ts';

/** 32 characters that are not confused when read aloud. */
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';
const GROUPS = 5;
const GROUP_CHARS = 4;

/**
 * Always the same for a person until a password is changed, so that it can be returned again without being stored.
 * `generation`: that of the sessions it opens (users.session_generation); 0 for a new person.
 */
export type InitialPasswords = (userId: UserId, generation: number) => string;

/**
 * Five groups of four characters, 100 bits. Derived from the secret that signs sessions, since whoever has that needs
 * no password. Signed tokens are base64url without spaces, so the inputs of the two uses cannot be confused.
 */
export function createInitialPasswords(secret: string): InitialPasswords {
  return (userId, generation) => {
    const what = generation === 0 ? 'initial password' : `initial password ${String(generation)}`;
    const bytes = createHmac('sha256', secret).update(`${what} of ${userId}`).digest();
    const chars = [...bytes.subarray(0, GROUPS * GROUP_CHARS)].map((byte) => ALPHABET.charAt(byte % ALPHABET.length));
    return (chars.join('').match(/.{4}/g) ?? []).join('-');
  };
}
