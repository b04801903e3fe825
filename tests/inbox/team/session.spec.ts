import { createHmac } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { InboxError } from '../../../src/contract/errors.ts';
import { Session } from '../../../src/contract/rest.ts';
import type { UserId } from '../../../src/contract/ids.ts';
import { addMember, removeMember, setPassword } from '../../../src/inbox/team/admin.ts';
import { createSessions, type SessionDeps, type Sessions } from '../../../src/inbox/team/session.ts';
import { uuid7 } from '../../../src/lib/uuid7.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { createTeam } from '../../support/team.ts';

const SECRET = 'a-secret-of-more-than-thirty-two-characters';
const NOW = Date.UTC(2026, 0, 5, 12);
const clock = { ms: NOW, nowMs: () => clock.ms, now: () => new Date(clock.ms) };

let db: TestDatabase;
const sessions = (over: Partial<SessionDeps> = {}): Sessions =>
  createSessions({ database: db.database, clock, secret: SECRET, supabase: { url: null, jwtSecret: null }, ...over });

beforeAll(async () => {
  db = await createTestDatabase();
});
afterAll(async () => {
  await db.drop();
});

let people = 0;
async function person(tenants = 1): Promise<{ email: string; userId: UserId; tenantIds: string[] }> {
  people += 1;
  const email = `person-${String(people)}@example.test`;
  const tenantIds: string[] = [];
  let userId = '' as UserId;
  for (let i = 0; i < tenants; i += 1) {
    const { tenantId } = await createTeam(db.database);
    const added = await addMember(db.database, {
      tenantId,
      email,
      name: 'Pia',
      role: 'agent',
      password: 'correct horse',
    });
    tenantIds.push(tenantId);
    userId = added.userId;
  }
  return { email, userId, tenantIds };
}

const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const sign = (text: string, secret = SECRET): string => createHmac('sha256', secret).update(text).digest('base64url');

describe('login', () => {
  it('gives a session that names the person and their tenants', async () => {
    const { email, userId, tenantIds } = await person();
    const session = await sessions().login(email.toUpperCase(), 'correct horse');
    expect(Session.parse(session)).toEqual(session);
    expect(session).toMatchObject({ user: { id: userId, email }, tenants: [{ id: tenantIds[0], role: 'agent' }] });
    expect(session.expiresAt).toBe(new Date(NOW + 12 * 3_600_000).toISOString());
    expect(await sessions().verify(session.token)).toMatchObject({ userId, expiresAtMs: NOW + 12 * 3_600_000 });
  });

  it('refuses a wrong password and an unknown person in the same words', async () => {
    const { email } = await person();
    const say = (who: string, password: string): Promise<unknown> =>
      sessions()
        .login(who, password)
        .catch((error: unknown) => (error instanceof InboxError ? [error.code, error.message] : error));
    expect(await say(email, 'wrong')).toEqual(await say('nobody@example.test', 'wrong'));
    expect(await say(email, '')).toEqual(['unauthenticated', 'The email or the password is wrong.']);
  });

  it('is not possible with no password set', async () => {
    const { tenantId } = await createTeam(db.database);
    await addMember(db.database, { tenantId, email: 'sso@example.test', name: 'Sso', role: 'agent', password: null });
    await expect(sessions().login('sso@example.test', '')).rejects.toMatchObject({ code: 'unauthenticated' });
  });

  it('is unavailable, not refused, while the database is away', async () => {
    const away = db.open({ url: 'postgres://nobody@127.0.0.1:1/none' });
    await expect(sessions({ database: away }).login('a@b.c', 'x')).rejects.toMatchObject({ code: 'unavailable' });
  });
});

describe('a token', () => {
  it('ends when it ends, and says so', async () => {
    const { userId } = await person();
    const { token } = sessions().issue(userId, 60_000);
    clock.ms = NOW + 60_000;
    await expect(sessions().verify(token)).rejects.toMatchObject({ code: 'token_expired' });
    clock.ms = NOW;
  });

  it('is renewed for who holds a valid one', async () => {
    const { userId } = await person();
    const { token } = sessions().issue(userId, 60_000);
    const renewed = await sessions().renew(token);
    expect(await sessions().verify(renewed.token)).toMatchObject({ userId, expiresAtMs: NOW + 12 * 3_600_000 });
  });

  it('of a release that knew no generations counts until the password is changed', async () => {
    const { email, userId, tenantIds } = await person();
    const text = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode({ sub: userId, exp: NOW / 1000 + 60, jti: uuid7() })}`;
    const token = `${text}.${sign(text)}`;
    expect(await sessions().resolveCaller(token)).toMatchObject({ tenantId: tenantIds[0] });
    await setPassword(db.database, email, 'another horse');
    await expect(sessions().resolveCaller(token)).rejects.toMatchObject({ code: 'unauthenticated' });
  });

  const claims = { sub: uuid7(), iat: NOW / 1000, exp: NOW / 1000 + 60 };
  const forged: Record<string, string> = {
    'of another key': (() => {
      const text = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode(claims)}`;
      return `${text}.${sign(text, 'another-secret-of-thirty-two-characters')}`;
    })(),
    'with alg none': `${encode({ alg: 'none' })}.${encode(claims)}.`,
    'with alg none, signed': (() => {
      const text = `${encode({ alg: 'none' })}.${encode(claims)}`;
      return `${text}.${sign(text)}`;
    })(),
    'without exp': (() => {
      const text = `${encode({ alg: 'HS256' })}.${encode({ sub: claims.sub })}`;
      return `${text}.${sign(text)}`;
    })(),
    'whose subject is no user id': (() => {
      const text = `${encode({ alg: 'HS256' })}.${encode({ ...claims, sub: 'admin' })}`;
      return `${text}.${sign(text)}`;
    })(),
    'that is not valid yet': (() => {
      const text = `${encode({ alg: 'HS256' })}.${encode({ ...claims, nbf: NOW / 1000 + 600 })}`;
      return `${text}.${sign(text)}`;
    })(),
    'that is rubbish': 'a.b.c',
    'that is empty': '',
    'with a fourth part': 'a.b.c.d',
  };
  it.each(Object.entries(forged))('%s is no token', async (_what, token) => {
    await expect(sessions().verify(token)).rejects.toMatchObject({ code: 'unauthenticated' });
  });
});

describe('resolveCaller', () => {
  it('takes the one tenant of who has one, and asks who has two', async () => {
    const [one, two] = [await person(1), await person(2)];
    const of = ({ userId }: { userId: UserId }): string => sessions().issue(userId).token;
    expect(await sessions().resolveCaller(of(one))).toMatchObject({ userId: one.userId, tenantId: one.tenantIds[0] });
    await expect(sessions().resolveCaller(of(two))).rejects.toMatchObject({ code: 'invalid_input' });
    const chosen = await sessions().resolveCaller(of(two), two.tenantIds[1] as never);
    expect(chosen.tenantId).toBe(two.tenantIds[1]);
  });

  it('forbids tenants one is not, or no longer, a member of', async () => {
    const [one, other] = [await person(), await person()];
    const { token } = sessions().issue(one.userId);
    await expect(sessions().resolveCaller(token, other.tenantIds[0] as never)).rejects.toMatchObject({
      code: 'forbidden',
    });
    await removeMember(db.database, { tenantId: one.tenantIds[0] as never, email: one.email });
    await expect(sessions().resolveCaller(token)).rejects.toMatchObject({ code: 'forbidden' });
  });
});

describe('a Supabase token', () => {
  const supabaseSecret = 'the-supabase-secret-has-thirty-two-characters';
  const hs256 = (payload: object): string => {
    const text = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode({ exp: NOW / 1000 + 600, role: 'authenticated', ...payload })}`;
    return `${text}.${sign(text, supabaseSecret)}`;
  };
  const bySecret = (): Sessions => sessions({ supabase: { url: null, jwtSecret: supabaseSecret } });

  it('speaks for our user with its id or its email', async () => {
    const { email, userId } = await person();
    expect(await bySecret().verify(hs256({ sub: userId }))).toMatchObject({ userId });
    expect(await bySecret().verify(hs256({ sub: uuid7(), email: email.toUpperCase() }))).toMatchObject({ userId });
  });

  it('goes on whatever becomes of a password of ours', async () => {
    const { email, userId } = await person();
    const token = hs256({ sub: userId });
    await setPassword(db.database, email, 'another horse');
    expect(await bySecret().resolveCaller(token)).toMatchObject({ userId, session: null });
  });

  it('of nobody we know, or of a service key, is refused', async () => {
    const { userId } = await person();
    const stranger = bySecret().verify(hs256({ sub: uuid7(), email: 'stranger@example.test' }));
    await expect(stranger).rejects.toMatchObject({ code: 'unauthenticated' });
    await expect(bySecret().verify(hs256({ sub: userId, role: 'service_role' }))).rejects.toMatchObject({
      code: 'unauthenticated',
    });
    const late = bySecret().verify(hs256({ sub: userId, exp: NOW / 1000 - 1 }));
    await expect(late).rejects.toMatchObject({ code: 'token_expired' });
  });

  it('is not taken where no project is configured', async () => {
    const { userId } = await person();
    await expect(sessions().verify(hs256({ sub: userId }))).rejects.toMatchObject({ code: 'unauthenticated' });
  });

  describe('checked by the project’s public keys', () => {
    let server: Server;
    let url: string;
    let issue: (payload: object, issuer?: string) => Promise<string>;
    beforeAll(async () => {
      const { publicKey, privateKey } = await generateKeyPair('ES256');
      const jwks = JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), kid: 'k1', alg: 'ES256' }] });
      server = createServer((request, response) => {
        response.statusCode = request.url === '/auth/v1/.well-known/jwks.json' ? 200 : 404;
        response.setHeader('content-type', 'application/json').end(jwks);
      });
      await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
      url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
      issue = (payload, issuer = `${url}/auth/v1`) =>
        new SignJWT({ role: 'authenticated', ...payload })
          .setProtectedHeader({ alg: 'ES256', kid: 'k1' })
          .setIssuer(issuer)
          .setExpirationTime(NOW / 1000 + 600)
          .sign(privateKey);
    });
    afterAll(() => {
      server.close();
    });

    it('is taken, unless another project issued it', async () => {
      const { userId } = await person();
      const byKeys = sessions({ supabase: { url, jwtSecret: null } });
      expect(await byKeys.verify(await issue({ sub: userId }))).toMatchObject({ userId });
      const foreign = byKeys.verify(await issue({ sub: userId }, 'https://other.example/auth/v1'));
      await expect(foreign).rejects.toMatchObject({ code: 'unauthenticated' });
    });

    it('is unavailable, not refused, while the keys cannot be fetched', async () => {
      const { userId } = await person();
      const unreachable = sessions({ supabase: { url: 'http://127.0.0.1:1', jwtSecret: null } });
      await expect(unreachable.verify(await issue({ sub: userId }))).rejects.toMatchObject({ code: 'unavailable' });
    });
  });
});
