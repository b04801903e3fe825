/** REST routes to get and renew a session, and to change the password. */
import type Router from '@koa/router';
import { invalidInput } from '../contract/errors.ts';
import { LoginInput, PasswordChange } from '../contract/rest.ts';
import type { ChangePassword } from '../inbox/team/passwords.ts';
import { readJson } from './body.ts';
import type { ClientIp } from './client-ip.ts';
import type { Limiter } from './rate-limit.ts';
import { bearerToken, type HttpSessions } from './sessions.ts';

/** What logging in depends on. */
export interface LoginDeps {
  readonly sessions: HttpSessions;
  readonly changePassword: ChangePassword;
  readonly clientIp: ClientIp;
  readonly limits: {
    readonly loginPerPerson: Limiter;
    readonly loginPerIp: Limiter;
    readonly loginOverall: Limiter;
  };
}

/** Whose password is tried, and by whom. */
interface Guess {
  readonly person: string;
  readonly ip: string;
}

/**
 * Counted before the password is checked, so that simultaneous guesses do not slip through together. The limit per
 * address comes first: it bounds how many keys one caller creates, and how much of the overall limit it uses.
 */
async function guess<T>({ limits }: LoginDeps, { person, ip }: Guess, check: () => Promise<T>): Promise<T> {
  const key = `${person} ${ip}`;
  await limits.loginPerIp.take(ip);
  await limits.loginPerPerson.take(key);
  await limits.loginOverall.take('all');
  const result = await check();
  await Promise.all([limits.loginPerPerson.reset(key), limits.loginPerIp.giveBack(ip)]);
  return result;
}

/** Adds `POST /api/auth/login`, `POST /api/auth/renew` and `POST /api/auth/password`. */
export function registerLogin(router: Router, deps: LoginDeps): void {
  const { sessions, clientIp } = deps;
  router.post('/api/auth/login', async (ctx) => {
    const input = LoginInput.safeParse(await readJson(ctx));
    if (!input.success) throw invalidInput(input.error);
    const email = input.data.email.toLowerCase();
    const who = { person: email, ip: clientIp(ctx) };
    const session = await guess(deps, who, () => sessions.login(email, input.data.password));
    ctx.set('cache-control', 'no-store');
    ctx.body = session;
  });

  router.post('/api/auth/renew', async (ctx) => {
    const session = await sessions.renew(bearerToken(ctx));
    ctx.set('cache-control', 'no-store');
    ctx.body = session;
  });

  router.post('/api/auth/password', async (ctx) => {
    const who = await sessions.verifyForPassword(bearerToken(ctx));
    const input = PasswordChange.safeParse(await readJson(ctx));
    if (!input.success) throw invalidInput(input.error);
    const whose = { person: who.userId, ip: clientIp(ctx) };
    const session = await guess(deps, whose, () => deps.changePassword(who, input.data));
    ctx.set('cache-control', 'no-store');
    ctx.body = session;
  });
}
