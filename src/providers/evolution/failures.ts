/**
 * Why an Evolution API server refuses a send. It has no codes: the same status means different things, so the text of
 * the answer is looked at first, then the status.
 */
import { asObject, type Loose } from '../../lib/loose.ts';
import type { SendFailure } from '../sending.ts';

interface Rule {
  readonly code: string;
  readonly says: RegExp;
  /** `unknown`: the socket broke while the message was under way. */
  readonly action: SendFailure['action'] | 'unknown';
  readonly title: string;
}

const BY_TEXT: readonly Rule[] = [
  {
    code: 'license_required',
    says: /LICENSE_REQUIRED/,
    action: 'account',
    title: 'The Evolution API server needs a licence: an administrator must act',
  },
  {
    code: 'not_connected',
    says: /connection closed|not connected|connection lost|instance.*(closed|disconnected)|stream errored/i,
    action: 'retry',
    title: 'The phone of this number is not connected; the message is tried again',
  },
  {
    code: 'timed_out',
    says: /timed?[ -]?out/i,
    action: 'unknown',
    title: 'The phone did not confirm the message',
  },
  {
    code: 'rate_limited',
    says: /rate[- ]?overlimit|too many requests/i,
    action: 'retry',
    title: 'Too many messages at once; the message is tried again shortly',
  },
];

const BY_STATUS = new Map<number, readonly [SendFailure['action'], string]>([
  [401, ['account', 'The Evolution API server no longer accepts the key of this number']],
  [403, ['account', 'The Evolution API server refuses this number']],
  [404, ['account', 'The Evolution API server does not know this instance']],
  [413, ['final', 'The message is too large for the Evolution API server']],
  [429, ['retry', 'Too many messages at once; the message is tried again shortly']],
]);

const NOT_ON_WHATSAPP = 'This number is not on WhatsApp';
const UNLISTED = 'The Evolution API server refused the message';

/** What an error answer means; `unknown` where the message may have gone out all the same. */
export function failureOf(status: number, body: unknown, retryAfterMs: number | null): SendFailure | 'unknown' {
  const said = findings(body);
  if (said.missing) return { code: 'not_on_whatsapp', title: NOT_ON_WHATSAPP, action: 'final', retryAfterMs: null };
  const rule = BY_TEXT.find(({ says }) => says.test(said.text));
  if (rule?.action === 'unknown') return 'unknown';
  if (rule !== undefined) return { code: rule.code, title: rule.title, action: rule.action, retryAfterMs };
  if (status >= 500 || status === 408) return 'unknown';
  const [action, title] = BY_STATUS.get(status) ?? (['final', UNLISTED] as const);
  return { code: `http_${String(status)}`, title, action, retryAfterMs };
}

interface Findings {
  readonly text: string;
  /** The server looked the number up and did not find it. */
  readonly missing: boolean;
}

const MAX_NODES = 200;

/** Errors come as text, lists of text, lists of lists, or objects: all their words, and whether a number was not found. */
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
