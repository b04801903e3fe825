/** The inbox over REST: the same commands as over the socket, same schemas, same checks. */
import type { Context } from 'koa';
import type Router from '@koa/router';
import type { CommandName, CommandResult } from '../contract/commands.ts';
import { InboxError } from '../contract/errors.ts';
import {
  ConversationsQuery,
  ExportQuery,
  MessagesQuery,
  NoQuery,
  ReportQuery,
  SearchQuery,
  TemplatesQuery,
} from '../contract/rest.ts';
import type { Caller, Effect, ExecuteCommand } from '../inbox/command.ts';
import { readJson } from './body.ts';
import { inCallersWords, type FieldNames } from './field-names.ts';
import type { Limiter } from './rate-limit.ts';
import { parseQuery } from './query.ts';
import { authenticate, type HttpSessions } from './sessions.ts';

/** What the REST routes depend on. */
export interface ApiDeps {
  readonly sessions: HttpSessions;
  readonly execute: ExecuteCommand;
  /** Applies leases and signals that a command allowed (typing …). May lose some; must not reject. */
  readonly applyEffects: (caller: Caller, effects: readonly Effect[]) => Promise<void>;
  readonly perTenant: Limiter;
}

/**
 * Commands that change something, with their routes. The body is the command's input without what the path contains.
 */
const WRITES = [
  { method: 'post', path: '/api/inbox/send_message', command: 'message:send' },
  { method: 'post', path: '/api/inbox/send_typing', command: 'typing:set' },
  { method: 'patch', path: '/api/inbox/conversations/:threadId/assign', command: 'thread:assign' },
  { method: 'patch', path: '/api/inbox/conversations/:threadId/tags', command: 'thread:set-tags' },
  { method: 'patch', path: '/api/inbox/conversations/:threadId/status', command: 'thread:set-status' },
  { method: 'post', path: '/api/accounts', command: 'account:create' },
  { method: 'patch', path: '/api/accounts/:accountId', command: 'account:update' },
  { method: 'post', path: '/api/accounts/:accountId/test', command: 'account:test' },
  { method: 'post', path: '/api/accounts/:accountId/disable', command: 'account:disable' },
  { method: 'post', path: '/api/accounts/:accountId/enable', command: 'account:enable' },
  { method: 'post', path: '/api/accounts/:accountId/pair', command: 'account:pair' },
  { method: 'post', path: '/api/accounts/:accountId/templates/sync', command: 'template:sync' },
  { method: 'post', path: '/api/contacts/:contactId/erase', command: 'contact:erase' },
  { method: 'post', path: '/api/members', command: 'member:add' },
  { method: 'patch', path: '/api/members/:memberId', command: 'member:set-role' },
  { method: 'post', path: '/api/members/:memberId/reset-password', command: 'member:reset-password' },
  { method: 'post', path: '/api/members/:memberId/remove', command: 'member:remove' },
  { method: 'post', path: '/api/saved-replies', command: 'saved-reply:create' },
  { method: 'patch', path: '/api/saved-replies/:savedReplyId', command: 'saved-reply:update' },
  { method: 'post', path: '/api/saved-replies/:savedReplyId/remove', command: 'saved-reply:remove' },
] as const satisfies readonly { method: 'post' | 'patch'; path: string; command: CommandName }[];

/** Query parameters of `thread:list` whose names differ from the command's fields. */
const LIST_NAMES = { accountId: 'account', after: 'cursor' } as const satisfies FieldNames;

/** For a command id that came in a header. */
const IDENTIFIED_NAMES = { commandId: 'idempotency-key' } as const satisfies FieldNames;

/** Adds the inbox's REST routes. */
export function registerApi(router: Router, deps: ApiDeps): void {
  router.get('/api/inbox/conversations', async (ctx) => {
    const caller = await admit(ctx, deps);
    const { account, cursor, ...rest } = parseQuery(ConversationsQuery, ctx);
    const input = { ...rest, accountId: account, after: cursor };
    ctx.body = await run(deps, caller, { name: 'thread:list', input: withoutUndefined(input), names: LIST_NAMES });
  });

  router.get('/api/inbox/conversations/:threadId', async (ctx) => {
    const caller = await admit(ctx, deps);
    ctx.body = await run(deps, caller, { name: 'thread:get', input: { threadId: ctx.params['threadId'] } });
  });

  router.get('/api/inbox/conversations/:threadId/messages', async (ctx) => {
    const caller = await admit(ctx, deps);
    const input = { ...parseQuery(MessagesQuery, ctx), threadId: ctx.params['threadId'] };
    ctx.body = await run(deps, caller, { name: 'thread:messages', input: withoutUndefined(input) });
  });

  router.get('/api/inbox/conversations/:threadId/search', async (ctx) => {
    const caller = await admit(ctx, deps);
    const input = { ...parseQuery(SearchQuery, ctx), threadId: ctx.params['threadId'] };
    ctx.body = await run(deps, caller, { name: 'thread:search', input: withoutUndefined(input) });
  });

  router.get('/api/accounts', async (ctx) => {
    const caller = await admit(ctx, deps);
    ctx.body = await run(deps, caller, { name: 'account:list', input: parseQuery(NoQuery, ctx) });
  });

  router.get('/api/members', async (ctx) => {
    const caller = await admit(ctx, deps);
    ctx.body = await run(deps, caller, { name: 'member:list', input: parseQuery(NoQuery, ctx) });
  });

  router.get('/api/accounts/:accountId/templates', async (ctx) => {
    const caller = await admit(ctx, deps);
    const input = { ...parseQuery(TemplatesQuery, ctx), accountId: ctx.params['accountId'] };
    ctx.body = await run(deps, caller, { name: 'template:list', input: withoutUndefined(input) });
  });

  router.get('/api/contacts/:contactId/export', async (ctx) => {
    const caller = await admit(ctx, deps);
    const input = { ...parseQuery(ExportQuery, ctx), contactId: ctx.params['contactId'] };
    ctx.body = await run(deps, caller, { name: 'contact:export', input: withoutUndefined(input) });
  });

  router.get('/api/saved-replies', async (ctx) => {
    const caller = await admit(ctx, deps);
    ctx.body = await run(deps, caller, { name: 'saved-reply:list', input: parseQuery(NoQuery, ctx) });
  });

  router.get('/api/reports', async (ctx) => {
    const caller = await admit(ctx, deps);
    ctx.body = await run(deps, caller, { name: 'report:read', input: parseQuery(ReportQuery, ctx) });
  });

  for (const { method, path, command } of WRITES) {
    router[method](path, async (ctx) => {
      const caller = await admit(ctx, deps);
      const body = await readJson(ctx);
      const input = { ...body, ...ctx.params, ...idempotency(ctx, body) };
      const names = 'commandId' in body ? {} : IDENTIFIED_NAMES;
      ctx.body = await run(deps, caller, { name: command, input, names });
    });
  }
}

/** The caller, after charging the tenant's rate limit. */
async function admit(ctx: Context, deps: ApiDeps): Promise<Caller> {
  const caller = await authenticate(ctx, deps.sessions);
  await deps.perTenant.take(caller.tenantId);
  ctx.set('cache-control', 'no-store');
  return caller;
}

async function run<N extends CommandName>(
  deps: ApiDeps,
  caller: Caller,
  { name, input, names = {} }: { readonly name: N; readonly input: unknown; readonly names?: FieldNames },
): Promise<CommandResult<N>> {
  const executed = await deps.execute(name, input, caller).catch((error: unknown) => {
    throw inCallersWords(error, names);
  });
  if (executed.effects.length > 0) await deps.applyEffects(caller, executed.effects);
  return executed.data;
}

/**
 * `Idempotency-Key` is the command's id. Two different ids in header and body are an error that must not go unnoticed.
 */
function idempotency(ctx: Context, body: Readonly<Record<string, unknown>>): { commandId?: string } {
  const key = ctx.get('idempotency-key');
  if (key === '') return {};
  const given = body['commandId'];
  if (given === undefined || given === key) return { commandId: key };
  const details = [{ path: 'commandId', message: 'differs from the Idempotency-Key header' }];
  throw new InboxError('invalid_input', 'commandId differs from the Idempotency-Key header.', details);
}

function withoutUndefined(input: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined));
}
