/** Getting and renewing a session by REST. */
import type Router from '@koa/router';
import { invalidInput } from '../contract/errors.ts';
import { LoginInput } from '../contract/rest.ts';
import { readJson } from './body.ts';
import type { ClientIp } from './client-ip.ts';
import type { Limiter } from './rate-limit.ts';
import { bearerToken, type HttpSessions } from './sessions.ts';

/** What logging in works with. */
export interface LoginDeps {
  readonly sessions: HttpSessions;
  readonly clientIp: ClientIp;
  readonly limits: {
    readonly loginPerPerson: Limiter;
    readonly loginPerIp: Limiter;
    readonly loginOverall: Limiter;
  };
}

/** Adds `POST /api/auth/login` and `POST /api/auth/renew`. */
export function registerLogin(router: Router, { sessions, clientIp, limits }: LoginDeps): void {
  router.post('/api/auth/login', async (ctx) => {
    const input = LoginInput.safeParse(await readJson(ctx));
    if (!input.success) throw invalidInput(input.error);
    const email = input.data.email.toLowerCase();
    const ip = clientIp(ctx);
    const person = `${email} ${ip}`;
    // Counted before the password is looked at, so that guesses sent at once do not slip through together. The address
    // comes first: it bounds how many keys one caller makes, and how much of everybody's budget it takes.
    await limits.loginPerIp.take(ip);
    await limits.loginPerPerson.take(person);
    await limits.loginOverall.take('all');
    const session = await sessions.login(email, input.data.password);
    await Promise.all([limits.loginPerPerson.reset(person), limits.loginPerIp.giveBack(ip)]);
    ctx.set('cache-control', 'no-store');
    ctx.body = session;
  });

  router.post('/api/auth/renew', async (ctx) => {
    const session = await sessions.renew(bearerToken(ctx));
    ctx.set('cache-control', 'no-store');
    ctx.body = session;
  });
}
