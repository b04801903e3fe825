/** The complete list of errors a caller can see, with the HTTP status of each. */
import { z } from 'zod';
import './wording.ts';

/** Code to HTTP status; the keys are the whole public vocabulary of failure. */
export const ERROR_STATUS = {
  unauthenticated: 401,
  token_expired: 401,
  password_change_required: 403,
  forbidden: 403,
  not_found: 404,
  invalid_input: 400,
  conflict: 409,
  stale_view: 409,
  window_closed: 409,
  channel_down: 409,
  rate_limited: 429,
  payload_too_large: 413,
  unsupported: 422,
  unavailable: 503,
  internal: 500,
} as const;

export const ErrorCode = z.enum(Object.keys(ERROR_STATUS) as [keyof typeof ERROR_STATUS]);
/** One of the codes of ERROR_STATUS. */
export type ErrorCode = keyof typeof ERROR_STATUS;

export const ErrorBody = z.object({
  code: ErrorCode,
  message: z.string(),
  details: z.unknown().optional(),
  correlationId: z.string().optional(),
});
/** What a refused request or command carries; `details` depends on the code. */
export type ErrorBody = z.infer<typeof ErrorBody>;

/**
 * An expected refusal. Thrown by commands and routes, mapped once at each edge.
 * `message` tells a person what to do next and never contains customer data.
 */
export class InboxError extends Error {
  readonly code: ErrorCode;
  readonly details: unknown;
  constructor(code: ErrorCode, message: string, details?: unknown) {
    super(message);
    this.name = 'InboxError';
    this.code = code;
    this.details = details;
  }

  /** The public shape, without the stack. `invalid_input` always lists what is broken; path '' is the whole input. */
  toBody(correlationId?: string): ErrorBody {
    const whole = this.code === 'invalid_input' ? [{ path: '', message: this.message }] : undefined;
    const details = this.details ?? whole;
    return {
      code: this.code,
      message: this.message,
      ...(details === undefined ? {} : { details }),
      ...(correlationId === undefined ? {} : { correlationId }),
    };
  }
}

export const InvalidField = z.object({ path: z.string(), message: z.string() });
/** One invalid field of an input: `path` is dotted, `message` says what would be right. */
export type InvalidField = z.infer<typeof InvalidField>;

/** Turns a zod error into the `invalid_input` refusal with one entry per broken field. */
export function invalidInput(error: z.ZodError, what = 'The request'): InboxError {
  const fields = error.issues
    .slice(0, 20)
    .map((issue) => ({ path: issue.path.map(String).join('.'), message: issue.message }));
  return invalidFields(fields, what);
}

/** The refusal whose message names the first of these fields and whose details name them all. */
export function invalidFields(fields: readonly InvalidField[], what = 'The request'): InboxError {
  const first = fields[0];
  const where = first === undefined ? '' : `: ${first.path === '' ? 'input' : first.path} ${first.message}`;
  return new InboxError('invalid_input', `${what} is not valid${where}.`, fields);
}
