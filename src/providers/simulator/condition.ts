/** The condition of a simulated number: what its carrier reports about it. */
import { createHash, randomBytes } from 'node:crypto';

/** Changed through the controls. Every number starts in good condition. */
export interface Condition {
  /** Meta's quality rating and state of a number. */
  quality: string;
  status: string;
  /** The API refuses the token, although it is the right one. */
  tokenExpired: boolean;
  /** State of an instance. `connecting` never ends by itself, as on a server without a network. */
  connection: 'open' | 'connecting' | 'close';
  /** Twilio's state of a sender. */
  sender: string;
  /** The code that is waiting to be scanned; null while there is none. */
  code: string | null;
}

/** The condition of a new number: good in every respect. */
export function freshCondition(): Condition {
  const well = {
    quality: 'GREEN',
    status: 'CONNECTED',
    tokenExpired: false,
    connection: 'open',
    sender: 'ONLINE',
  } as const;
  return { ...well, code: null };
}

/** The text of a new QR code. It opens nothing. */
export function newCode(): string {
  return `2@${randomBytes(32).toString('base64')},${randomBytes(24).toString('base64')}`;
}

/** What the server sends for a code: an image that looks like a QR code, and eight characters to type. */
export function wordsOfCode(code: string): {
  readonly base64: string;
  readonly code: string;
  readonly pairingCode: string;
} {
  const bits = createHash('sha512').update(code).digest();
  const cells = Array.from({ length: 441 }, (_, n) => {
    const black = ((bits[(n >> 3) % bits.length] ?? 0) >> (n & 7)) & 1;
    return black === 1 ? `<path d="M${String(n % 21)} ${String(Math.floor(n / 21))}h1v1h-1z"/>` : '';
  });
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="-2 -2 25 25">${cells.join('')}</svg>`;
  return {
    base64: `data:image/svg+xml;base64,${Buffer.from(svg).toString('base64')}`,
    code,
    pairingCode: createHash('sha256').update(code).digest('hex').slice(0, 8).toUpperCase(),
  };
}
