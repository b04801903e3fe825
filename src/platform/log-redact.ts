/** Decides what may appear in a log line. Customer data and credentials may not, wherever they hide. */

/** Keys whose values are ids, counts, durations, states or names we chose ourselves. Everything else is dropped. */
const SAFE_KEYS = new Set([
  'accountId',
  'accepted',
  'action',
  'active',
  'ageMs',
  'advice',
  'applied',
  'attempt',
  'attempts',
  'backlog',
  'batch',
  'bytes',
  'capability',
  'clients',
  'code',
  'command',
  'commandId',
  'component',
  'conflicts',
  'connections',
  'consumer',
  'contactId',
  'correlationId',
  'count',
  'cursor',
  'deadLetterId',
  'deadlineMs',
  'delayMs',
  'direction',
  'dropped',
  'durationMs',
  'elapsedMs',
  'entries',
  'epoch',
  'err',
  'event',
  'events',
  'exitCode',
  'failed',
  'field',
  'file',
  'fingerprint',
  'fromSeq',
  'group',
  'host',
  'id',
  'idleMs',
  'ids',
  'kind',
  'lagMs',
  'level',
  'limit',
  'listening',
  'mediaId',
  'memberId',
  'messageId',
  'method',
  'migration',
  'name',
  'node',
  'nodes',
  'noteId',
  'operation',
  'outcome',
  'path',
  'pid',
  'policy',
  'pool',
  'port',
  'protocol',
  'provider',
  'purpose',
  'query',
  'reason',
  'replayed',
  'requestId',
  'result',
  'retryAfterMs',
  'role',
  'room',
  'rows',
  'seq',
  'shard',
  'shards',
  'signal',
  'size',
  'skipped',
  'socketId',
  'sockets',
  'sqlstate',
  'state',
  'status',
  'step',
  'stream',
  'streams',
  'tenantId',
  'tenants',
  'threadId',
  'toSeq',
  'total',
  'type',
  'uptimeMs',
  'userId',
  'version',
  'waiting',
  'warning',
  'worker',
]);

const MAX_TEXT = 2000;
const MAX_ITEMS = 20;
const MAX_DEPTH = 3;

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const STREAM_ID = /^[0-9]{13,16}-[0-9]{1,10}$/;
const ISO_INSTANT = /^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{8,15}Z$/;

/** Order matters: complete credentials first, then what could be part of one. */
const MASKS: readonly (readonly [RegExp, string])[] = [
  [/\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{4,}/gi, '$1 [token]'],
  [/\beyJ[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]*)?/g, '[token]'],
  [/([a-z][a-z0-9+.-]*:\/\/)[^\s/@]*:[^\s/@]*@/gi, '$1[credentials]@'],
  [
    /\b(password|passwd|secret|token|api[_-]?key|authorization|signature)(["']?\s*[:=]\s*["']?)[^\s"',;&]+/gi,
    '$1$2[secret]',
  ],
  [/[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+/g, '[email]'],
  [/\b(?:EAA|AC|SK|sk_|pk_)[A-Za-z0-9_-]{20,}/g, '[token]'],
  [/\b[0-9a-f]{24,}\b/gi, '[hex]'],
  [/\b[A-Za-z0-9+/_-]{40,}={0,2}/g, '[token]'],
];
/** Seven or more digits, also when spaced or punctuated as people write phone numbers. */
const PHONE = /\+?\(?[0-9](?:[\s().-]{0,2}[0-9]){6,}/g;
const KEEP =
  /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|\b[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{8,15}Z/gi;

function maskSegment(text: string): string {
  let masked = text;
  for (const [pattern, replacement] of MASKS) masked = masked.replace(pattern, replacement);
  return masked.replace(PHONE, '[number]');
}

/** Free text with phone numbers, e-mails, tokens and long hex masked, and its length capped. UUIDs and instants stay. */
export function maskText(text: string): string {
  const capped = text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text;
  let masked = '';
  let from = 0;
  for (const match of capped.matchAll(KEEP)) {
    masked += maskSegment(capped.slice(from, match.index)) + match[0];
    from = match.index + match[0].length;
  }
  return masked + maskSegment(capped.slice(from));
}

function safeString(value: string): string {
  return UUID.test(value) || STREAM_ID.test(value) || ISO_INSTANT.test(value) ? value : maskText(value);
}

/**
 * An error as it may be logged: class, code, masked message and stack, at most three causes. Everything else an error
 * object carries is dropped: postgres errors have the row in `detail` and the values in `parameters`.
 */
export function safeError(error: unknown, depth = 0): Record<string, unknown> {
  if (!(error instanceof Error)) return { type: typeof error, message: '[not an error]' };
  const { code, cause } = error as { code?: unknown; cause?: unknown };
  return {
    type: error.name,
    ...(typeof code === 'string' || typeof code === 'number' ? { code: safeString(String(code)) } : {}),
    message: maskText(withoutQuotedValues(error.message, error)),
    stack: frames(error),
    ...(cause !== undefined && depth < MAX_DEPTH ? { cause: safeError(cause, depth + 1) } : {}),
  };
}

/** Database messages quote input (`invalid input syntax for type uuid: "…"`); the quoted part is the customer's. */
function withoutQuotedValues(message: string, error: Error): string {
  return 'severity' in error ? message.replace(/: ".*$/s, ': [value]') : message;
}

/** Only the `at …` lines, because the first lines of a stack repeat the message. */
function frames(error: Error): string {
  const lines = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  return lines
    .slice(0, 12)
    .map((line) => line.trim())
    .join('\n');
}

function safeValue(value: unknown, depth: number): unknown {
  switch (typeof value) {
    case 'string':
      return safeString(value);
    case 'number':
      return safeNumber(value);
    case 'bigint':
      return safeString(String(value));
    case 'boolean':
      return value;
    case 'object':
      return value === null ? null : safeObject(value, depth);
    case 'undefined':
    case 'function':
    case 'symbol':
      return undefined;
  }
}

function safeObject(value: object, depth: number): unknown {
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (value instanceof Error) return safeError(value, depth);
  if (depth >= MAX_DEPTH) return undefined;
  if (Array.isArray(value)) return value.slice(0, MAX_ITEMS).map((item: unknown) => safeValue(item, depth + 1));
  return safeFields(value as Record<string, unknown>, depth + 1);
}

/**
 * Counts, sizes and durations are smaller than this; phone numbers with a country code are not (nor is any other number
 * of 10 or more digits).
 */
function safeNumber(value: number): number | string {
  return Math.abs(value) >= 1e9 ? '[number]' : value;
}

/** The fields of a line that may be written: known keys only, values masked, depth and length bounded. */
export function safeFields(fields: Readonly<Record<string, unknown>>, depth = 0): Record<string, unknown> {
  const safe: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(fields)) {
    if (!SAFE_KEYS.has(key) || value === undefined) continue;
    safe[key] = key === 'err' ? safeError(value) : safeValue(value, depth);
  }
  return safe;
}
