/** Builders for the kinds of routes in the OpenAPI document: commands, reads, webhooks, public ones. */
import { z } from 'zod';
import type { ZodOpenApiOperationObject } from 'zod-openapi';
import { COMMANDS, type CommandName } from '../contract/commands.ts';
import { ERROR_STATUS, ErrorBody, type ErrorCode } from '../contract/errors.ts';
import { groupBy } from '../lib/group-by.ts';

type Method = 'get' | 'post' | 'patch';

/** One route as documented; `path` in the router's notation. */
export interface DocumentedRoute {
  readonly method: Method;
  readonly path: string;
  readonly operation: ZodOpenApiOperationObject;
}

export const JSON_TYPE = 'application/json';
const ErrorAnswer = z.object({ error: ErrorBody });
export const bearer = [{ session: [] }];
export const tenantHeader = z.string().optional().meta({ description: 'Optional when the user has one tenant.' });

type Responses = ZodOpenApiOperationObject['responses'];

/** Responses for these codes, one per status, each listing its codes. */
export function errors(codes: readonly ErrorCode[]): Responses {
  const byStatus = groupBy(codes, (code) => ERROR_STATUS[code]);
  const entries = [...byStatus].map(([status, names]) => [
    String(status),
    { description: names.map((name) => `\`${name}\``).join(' or '), content: { [JSON_TYPE]: { schema: ErrorAnswer } } },
  ]);
  return Object.fromEntries(entries) as Responses;
}

/** A response 200 with a body of this schema. */
export function answer(schema: z.ZodType, description: string): Responses {
  return { '200': { description, content: { [JSON_TYPE]: { schema } } } };
}

export const MEMBER_ERRORS = [
  'unauthenticated',
  'token_expired',
  'password_change_required',
  'forbidden',
  'not_found',
  'invalid_input',
  'rate_limited',
  'unavailable',
] as const;
const COMMAND_ERRORS = [
  ...MEMBER_ERRORS,
  'conflict',
  'stale_view',
  'window_closed',
  'channel_down',
  'payload_too_large',
  'unsupported',
  'internal',
] as const;

const invalidBody = (description: string) => ({ description, content: { [JSON_TYPE]: { schema: ErrorAnswer } } });

/** The response to a body that stops arriving. */
export const lateBody: Responses = { '408': invalidBody('The body did not arrive in time.') };

/** The responses to a body that stops arriving, or is of an unsupported media type. */
export const bodyRefusals: Responses = { ...lateBody, '415': invalidBody('Another media type, or a compressed body.') };

/** The input of a command without the fields that come in the path or a header. */
function bodyOf(name: CommandName, without: readonly string[]): z.ZodType {
  const { input } = COMMANDS[name];
  const shape = { ...(input as z.ZodObject).shape };
  for (const key of without) Reflect.deleteProperty(shape, key);
  return z.strictObject(shape);
}

export const headers = z.object({
  'x-tenant-id': tenantHeader,
  'idempotency-key': z
    .uuid()
    .optional()
    .meta({ description: 'The commandId: the same key again gives the first result.' }),
});
export const threadPath = z.object({ threadId: z.uuid() });
export const accountPath = z.object({ accountId: z.uuid() });
export const contactPath = z.object({ contactId: z.uuid() });
const memberPath = z.object({ memberId: z.uuid() });
const savedReplyPath = z.object({ savedReplyId: z.uuid() });

/** The parameters of a path: thread, account, member, contact, saved reply, or none. */
function pathOf(path: string): z.ZodObject | null {
  if (path.includes(':threadId')) return threadPath;
  if (path.includes(':memberId')) return memberPath;
  if (path.includes(':contactId')) return contactPath;
  if (path.includes(':savedReplyId')) return savedReplyPath;
  return path.includes(':accountId') ? accountPath : null;
}

/** A command over REST: its input without the path's fields, its result, and every error that commands have. */
export function commandRoute(
  method: Method,
  path: string,
  spec: { name: CommandName; summary: string },
): DocumentedRoute {
  const params = pathOf(path);
  const operation: ZodOpenApiOperationObject = {
    summary: spec.summary,
    security: bearer,
    requestParams: { header: headers, ...(params === null ? {} : { path: params }) },
    requestBody: {
      required: true,
      content: { [JSON_TYPE]: { schema: bodyOf(spec.name, Object.keys(params?.shape ?? {})) } },
    },
    responses: {
      ...answer(COMMANDS[spec.name].result, 'After commit.'),
      ...errors(COMMAND_ERRORS),
      ...bodyRefusals,
    },
  };
  return { method, path, operation };
}

/** A read by a member; `spec` adds parameters to the headers, and the responses. */
export function readRoute(
  path: string,
  summary: string,
  spec: Pick<ZodOpenApiOperationObject, 'requestParams' | 'responses'>,
): DocumentedRoute {
  const requestParams = { header: headers.pick({ 'x-tenant-id': true }), ...spec.requestParams };
  const operation = {
    summary,
    security: bearer,
    requestParams,
    responses: { ...spec.responses, ...errors(MEMBER_ERRORS) },
  };
  return { method: 'get', path, operation };
}

/** A route with its operation given as is. */
export function publicRoute(method: Method, path: string, operation: ZodOpenApiOperationObject): DocumentedRoute {
  return { method, path, operation };
}

export const text = (type: string, description: string): Responses => ({
  '200': { description, content: { [type]: { schema: z.string() } } },
});

/** A route to which a carrier posts. */
export function webhookRoute(path: string, summary: string): DocumentedRoute {
  const responses = {
    '200': { description: 'Durable; also for what is authentic but unknown, empty or seen before.' },
    ...bodyRefusals,
    ...errors(['unauthenticated', 'invalid_input', 'payload_too_large', 'not_found', 'unavailable']),
  };
  const params = path.includes(':event') ? { requestParams: { path: z.object({ event: z.string() }) } } : {};
  return publicRoute('post', path, { summary, ...params, responses });
}
