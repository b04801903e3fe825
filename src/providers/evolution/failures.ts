/**
 * Why an Evolution API server refuses a send. It has no error codes, and one status can mean different things. So the
 * text of the response decides first, then the status.
 */
import { asObject, type Loose } from '../../lib/loose.ts';
import type { SendFailure } from '../sending.ts';

interface Rule {
  readonly code: string;
  /** Matched against the text of the response, because the server has no error codes. */
  readonly says: RegExp;
  /** `unknown`: the connection broke while the message was being sent. */
  readonly action: SendFailure['action'] | 'unknown';
  readonly title: string;
  readonly operator: string;
}

/** One row per meaning; the first match wins. */
export const EVOLUTION_FAILURES: readonly Rule[] = [
  {
    code: 'license_required',
    says: /LICENSE_REQUIRED/,
    action: 'account',
    title: 'The Evolution API server needs a licence: an administrator must act',
    operator: 'Activate the licence of the Evolution API server.',
  },
  {
    code: 'not_connected',
    says: /connection closed|not connected|connection lost|instance.*(closed|disconnected)|stream errored/i,
    action: 'retry',
    title: 'The phone of this number is not connected',
    operator: 'If it lasts, open WhatsApp on the phone or pair the instance again.',
  },
  {
    code: 'timed_out',
    says: /timed?[ -]?out/i,
    action: 'unknown',
    title: 'The phone did not confirm the message',
    operator: 'The instance loses its connection to WhatsApp: look at the server’s log.',
  },
  {
    code: 'rate_limited',
    says: /rate[- ]?overlimit|too many requests/i,
    action: 'slow',
    title: 'Too many messages at once',
    operator: 'WhatsApp slows this phone down; sending slows down by itself.',
  },
];

type Meaning = Pick<SendFailure, 'action' | 'title'> & { readonly operator: string };

const BY_STATUS = new Map<number, Meaning>([
  [
    401,
    {
      action: 'account',
      title: 'The Evolution API server no longer accepts the key of this number',
      operator: 'Store the key of the instance, or the server’s own.',
    },
  ],
  [
    403,
    {
      action: 'account',
      title: 'The Evolution API server refuses this number',
      operator: 'Look at the server’s log: it refuses the instance.',
    },
  ],
  [
    404,
    {
      action: 'account',
      title: 'The Evolution API server does not know this instance',
      operator: 'Make the instance on the server, or correct its name here.',
    },
  ],
  [
    413,
    {
      action: 'final',
      title: 'The message is too large for the Evolution API server',
      operator: 'A proxy in front of the server may take less than the server does.',
    },
  ],
  [
    429,
    {
      action: 'slow',
      title: 'Too many messages at once',
      operator: 'The server, or a proxy in front of it, limits calls; sending slows down by itself.',
    },
  ],
]);

const UNLISTED: Meaning = {
  action: 'final',
  title: 'The Evolution API server refused the message',
  operator: 'The server’s log says why.',
};
const NOT_ON_WHATSAPP = 'This number is not on WhatsApp';

/** What an error response means; `unknown` if the message may have gone out all the same. */
export function failureOf(status: number, body: unknown, retryAfterMs: number | null): SendFailure | 'unknown' {
  const said = findings(body);
  if (said.missing) return { code: 'not_on_whatsapp', title: NOT_ON_WHATSAPP, action: 'final', retryAfterMs: null };
  const rule = EVOLUTION_FAILURES.find(({ says }) => says.test(said.text));
  if (rule?.action === 'unknown') return 'unknown';
  if (rule !== undefined)
    return { code: rule.code, title: rule.title, operator: rule.operator, action: rule.action, retryAfterMs };
  if (status >= 500 || status === 408) return 'unknown';
  return { code: `http_${String(status)}`, ...(BY_STATUS.get(status) ?? UNLISTED), retryAfterMs };
}

interface Findings {
  readonly text: string;
  /** The server looked the number up and did not find it. */
  readonly missing: boolean;
}

const MAX_NODES = 200;

/**
 * Collects all the text of an error, and whether a number was not found. Errors come as text, nested lists, or objects.
 */
function findings(body: unknown): Findings {
  const words: string[] = [];
  let missing = false;
  const queue: unknown[] = [body];
  for (let at = 0; at < queue.length && at < MAX_NODES; at++) {
    const value = queue[at];
    if (typeof value === 'string') words.push(value.slice(0, 2000));
    else if (Array.isArray(value)) queue.push(...(value as unknown[]).slice(0, MAX_NODES));
    else {
      const part: Loose | null = asObject(value);
      if (part === null) continue;
      missing ||= part['exists'] === false;
      queue.push(...Object.values(part));
    }
  }
  return { text: words.join('\n'), missing };
}
