/** Coming in, staying, and having to leave. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { TenantId, UserId } from '../../src/contract/ids.ts';
import type { Session } from '../../src/contract/rest.ts';
import { removeMember } from '../../src/inbox/team/admin.ts';
import { createSessions } from '../../src/inbox/team/session.ts';
import { SECRETS } from '../support/system.ts';
import { describeInBrowser, eventually } from './support/browser.ts';
import { Desk } from './support/desk.ts';
import { openDesk, startProduct, type Product } from './support/product.ts';

const KEY = 'hunfly.session';

describeInBrowser('a session', (browser) => {
  let product: Product;

  beforeAll(async () => {
    product = await startProduct();
  });

  afterAll(async () => {
    await product.stop();
  });

  /** The session that a window keeps. */
  const kept = async (desk: Desk): Promise<Session> =>
    JSON.parse(await desk.page.evaluate<string>(`localStorage.getItem('${KEY}')`)) as Session;

  /** Gives the window another token, which it finds after a reload. */
  const keep = async (desk: Desk, change: Partial<Session>): Promise<void> => {
    const session = JSON.stringify({ ...(await kept(desk)), ...change });
    await desk.page.evaluate(`localStorage.setItem('${KEY}', ${JSON.stringify(session)})`);
    await desk.page.reload();
  };

  const issue = (userId: string, ttlMs: number): Pick<Session, 'token' | 'expiresAt'> => {
    const nowMs = (): number => Date.now() + Math.min(0, ttlMs) - 1000;
    const clock = { nowMs, now: () => new Date(nowMs()) };
    const none = { url: null, jwtSecret: null };
    const { database } = product;
    const sessions = createSessions({ database, clock, secret: SECRETS.APP_JWT_SECRET, supabase: none });
    const { token, expiresAtMs } = sessions.issue(userId as UserId, Math.abs(ttlMs));
    return { token, expiresAt: new Date(expiresAtMs).toISOString() };
  };

  it('does not begin with a wrong password, and does not say whether the person exists', async () => {
    const desk = await Desk.arrive(browser(), product.nodes[0]?.url ?? '');
    const notice = desk.get('login-notice');
    for (const email of ['ana@demo.test', 'nobody@demo.test']) {
      await desk.logIn(email, 'not-the-password');
      await eventually(() => desk.get('login-submit').isEnabled()).toBe(true);
      await eventually(() => notice.textContent()).toContain('do not belong together');
    }
    await desk.logIn('ana@demo.test', product.passwordOf('ana@demo.test'));
    await desk.isLive();
    await desk.close();
  });

  it('goes on at once when the network is back, although an attempt failed meanwhile', async () => {
    const desk = await openDesk(browser(), product, 'ana');
    // Whatever waits, as the next attempt does, waits until it is asked for.
    await desk.page.evaluate(`{
      const after = setTimeout;
      window.setTimeout = (run, ms, ...rest) => after(run, ms > 200 ? 3600000 : ms, ...rest);
    }`);
    await desk.goOffline();
    const failed = desk.page.waitForEvent('console', (message) => message.text().includes('ERR_INTERNET_DISCONNECTED'));
    await desk.page.getByRole('button', { name: 'Try now' }).click();
    await failed;
    await eventually(() => desk.page.getByRole('button', { name: 'Try now' }).count()).toBe(1);
    await desk.comeBack();
    await desk.close();
  });

  it('is renewed by itself while it is in use', async () => {
    const desk = await openDesk(browser(), product, 'ana');
    // It is renewed after half of its time; a busy machine has to have loaded the page by then.
    const short = issue((await kept(desk)).user.id, 20_000);
    await keep(desk, short);
    await desk.isLive();
    await eventually(async () => (await kept(desk)).token !== short.token).toBe(true);
    expect(Date.parse((await kept(desk)).expiresAt)).toBeGreaterThan(Date.now() + 3_600_000);
    await eventually(() => desk.get('connection-state').getAttribute('data-phase')).toBe('live');
    await desk.close();
  });

  it('that ran out leads to the login, with the reason', async () => {
    const desk = await openDesk(browser(), product, 'ana');
    const { token } = issue((await kept(desk)).user.id, -60_000);
    await keep(desk, { token });
    await eventually(() => desk.get('login-notice').textContent()).toContain('Your session has run out');
    await desk.logIn('ana@demo.test', product.passwordOf('ana@demo.test'));
    await desk.isLive();
    await desk.close();
  });

  it('ends at once when the person is removed, and leaves nothing of the customers on screen', async () => {
    const customer = product.customer('Rita Removed');
    await customer.writes('Something confidential');
    const desk = await openDesk(browser(), product, 'bruno');
    await desk.openThread('Rita Removed');
    await desk.bubble('Something confidential').waitFor();
    const tenantId = (await kept(desk)).tenants[0]?.id as TenantId;
    await removeMember(product.database, { tenantId, email: 'bruno@demo.test' });
    await eventually(() => desk.get('login-notice').textContent()).toMatch(/session was ended|no longer have access/);
    expect(await desk.page.content()).not.toContain('confidential');
    await desk.logIn('bruno@demo.test', product.passwordOf('bruno@demo.test'));
    await desk.page.getByText('belongs to no inbox').waitFor();
    await desk.close();
  });
});
