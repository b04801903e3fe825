/** Who calls: from the bearer token and the tenant header to a verified membership. */
import type { Context } from 'koa';
import { InboxError } from '../contract/errors.ts';
import { TenantId } from '../contract/ids.ts';
import type { Session } from '../contract/rest.ts';
import type { Caller } from '../inbox/command.ts';

/** What HTTP needs of the team's sessions. All throw InboxError: `unauthenticated`, `token_expired`, `forbidden`. */
export interface Sessions {
  /** A new session, or `unauthenticated`; takes equally long for an unknown address and a wrong password. */
  login(email: string, password: string): Promise<Session>;
  /** A later session for the holder of a token that is still valid. */
  renew(token: string): Promise<Session>;
  /** The caller in this tenant, or in the only one the user has. `forbidden` for others, `invalid_input` to choose. */
  authenticate(token: string, tenantId: TenantId | null): Promise<Caller>;
}

/** The bearer token of a request. Throws `unauthenticated` where there is none. */
export function bearerToken(ctx: Context): string {
  const token = /^Bearer ([^\s]{1,8192})$/i.exec(ctx.get('authorization'))?.[1];
  if (token === undefined) throw new InboxError('unauthenticated', 'Log in, and send the token as a bearer token.');
  return token;
}

/** The verified caller of a request: `Authorization` and, for members of several tenants, `x-tenant-id`. */
export async function authenticate(ctx: Context, sessions: Sessions): Promise<Caller> {
  const token = bearerToken(ctx);
  const given = ctx.get('x-tenant-id');
  const tenantId = given === '' ? null : TenantId.safeParse(given);
  if (tenantId !== null && !tenantId.success) {
    const details = [{ path: 'x-tenant-id', message: 'must be a UUID' }];
    throw new InboxError('invalid_input', 'The header x-tenant-id must be a UUID.', details);
  }
  return await sessions.authenticate(token, tenantId === null ? null : tenantId.data);
}
