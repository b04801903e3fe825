/** Identifies the caller: from the bearer token and the tenant header to a verified membership. */
import type { Context } from 'koa';
import { InboxError } from '../contract/errors.ts';
import { TenantId } from '../contract/ids.ts';
import type { Caller } from '../inbox/command.ts';
import type { Sessions } from '../inbox/team/session.ts';
import { inCallersWords, type FieldNames } from './field-names.ts';

/** The part of the team's sessions that HTTP needs. */
export type HttpSessions = Pick<Sessions, 'login' | 'renew' | 'verifyForPassword' | 'resolveCaller'>;

const TENANT_NAMES = { tenantId: 'x-tenant-id' } as const satisfies FieldNames;

/** The bearer token of a request. Throws `unauthenticated` if there is none. */
export function bearerToken(ctx: Context): string {
  const token = /^Bearer ([^\s]{1,8192})$/i.exec(ctx.get('authorization'))?.[1];
  if (token === undefined) throw new InboxError('unauthenticated', 'Log in, and send the token as a bearer token.');
  return token;
}

/** The verified caller of a request: `Authorization` and, for members of several tenants, `x-tenant-id`. */
export async function authenticate(ctx: Context, sessions: HttpSessions): Promise<Caller> {
  const token = bearerToken(ctx);
  const given = ctx.get('x-tenant-id');
  const tenantId = given === '' ? null : TenantId.safeParse(given);
  if (tenantId !== null && !tenantId.success) {
    const details = [{ path: 'x-tenant-id', message: 'must be a UUID' }];
    throw new InboxError('invalid_input', 'The header x-tenant-id must be a UUID.', details);
  }
  try {
    return await sessions.resolveCaller(token, tenantId?.data);
  } catch (error) {
    throw inCallersWords(error, TENANT_NAMES);
  }
}
