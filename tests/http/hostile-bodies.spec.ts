import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  ask,
  count,
  newAccount,
  newTenant,
  startGateway,
  streamEntries,
  type Answer,
  type Gateway,
} from './support.ts';

interface Case {
  readonly name: string;
  readonly provider: 'cloud' | 'evolution';
  readonly method: string;
  readonly query: string | null;
  readonly headers: Record<string, string>;
  readonly status: readonly number[];
  readonly bodyFile?: string;
  readonly generate?: { readonly bytes: number };
  readonly alsoHeaders?: readonly string[];
  readonly alsoTypes?: readonly string[];
  readonly control?: Record<string, string | number>;
  readonly deadLetter?: boolean;
  readonly bodyMustNotContain?: string;
  readonly contentType?: string;
}

const FIXTURES = new URL('./fixtures/bad/', import.meta.url);
const CASES = JSON.parse(readFileSync(new URL('cases.json', FIXTURES), 'utf8')) as Case[];
const PATHS = { cloud: '/api/webhooks/whatsapp/cloud-api', evolution: '/api/webhooks/whatsapp/evolution' };
const EVOLUTION_SECRET = 'DUMMY-PATH-SECRET';
/** Cases about authentication itself; the others of Evolution come with the right secret. */
const WITHOUT_SECRET = /^2[34]_/;

let gateway: Gateway;

beforeAll(async () => {
  gateway = await startGateway();
  const [a, b] = [await newTenant(gateway.db, 'tenant-a'), await newTenant(gateway.db, 'tenant-b')];
  await newAccount(gateway.db, {
    tenantId: a,
    provider: 'cloud',
    externalId: '100000000000001',
    secret: 'test_app_secret_0123456789abcdef',
  });
  await newAccount(gateway.db, {
    tenantId: b,
    provider: 'cloud',
    externalId: '100000000000002',
    secret: 'test_app_secret_TENANT_B_89abcdef',
  });
  await newAccount(gateway.db, {
    tenantId: a,
    provider: 'evolution',
    externalId: 'acme-support',
    secret: EVOLUTION_SECRET,
  });
});
afterAll(() => gateway.close());

function bodyOf(one: Case): Buffer | undefined {
  if (one.generate !== undefined)
    return Buffer.from(`{"object":"whatsapp_business_account","entry":"${'A'.repeat(one.generate.bytes)}"}`);
  return one.bodyFile === undefined ? undefined : readFileSync(new URL(one.bodyFile, FIXTURES));
}

function send(one: Case, headers: Record<string, string> = {}, chunked?: number): Promise<Answer> {
  const secret =
    one.provider === 'evolution' && !WITHOUT_SECRET.test(one.name) ? { 'x-webhook-secret': EVOLUTION_SECRET } : {};
  const body = bodyOf(one);
  return ask(gateway, {
    method: one.method,
    path: `${PATHS[one.provider]}${one.query === null ? '' : `?${one.query}`}`,
    headers: { ...one.headers, ...secret, ...headers },
    ...(body === undefined ? {} : { body }),
    ...(chunked === undefined ? {} : { chunked }),
  });
}

describe('a hostile or malformed webhook gets the answer that fits it', () => {
  it('and every case is here', () => {
    expect(CASES.length).toBe(42);
  });

  it.each(CASES)('$name', async (one) => {
    const before = await streamEntries(gateway);
    const letters = await count(gateway.db, 'dead_letters');
    const answer = await send(one);
    expect(one.status).toContain(answer.status);
    expect(answer.headers['x-correlation-id']).toMatch(/./);
    if (one.contentType !== undefined) expect(answer.headers['content-type']).toContain(one.contentType);
    if (one.bodyMustNotContain !== undefined) expect(answer.text).not.toContain(one.bodyMustNotContain);
    const kept = (await streamEntries(gateway)).length - before.length;
    const lettered = (await count(gateway.db, 'dead_letters')) - letters;
    if (one.method === 'POST') expect(kept + lettered).toBe(answer.status === 200 || answer.status === 400 ? 1 : 0);
    if (one.deadLetter === true) expect(lettered).toBe(1);
  });

  it.each(CASES.filter((one) => one.alsoHeaders !== undefined))('$name: other malformed values', async (one) => {
    for (const value of one.alsoHeaders ?? []) {
      const answer = await send(one, { 'x-hub-signature-256': value.replaceAll('é', '\u00e9') });
      expect(answer.status).toBe(401);
    }
  });

  it.each(CASES.filter((one) => one.alsoTypes !== undefined))('$name: other media types', async (one) => {
    for (const type of one.alsoTypes ?? []) expect((await send(one, { 'content-type': type })).status).toBe(415);
  });

  it.each(CASES.filter((one) => one.control !== undefined))(
    '$name: the signature over the sent bytes is accepted',
    async (one) => {
      const { status, ...headers } = one.control ?? {};
      expect((await send(one, headers as Record<string, string>)).status).toBe(status);
    },
  );

  it.each(CASES.filter((one) => one.generate !== undefined))('$name: in chunks without a length', async (one) => {
    expect((await send(one, {}, 64 * 1024)).status).toBe(413);
  });
});

describe('whose secret proved it', () => {
  it('travels with the body: an authentic body of another tenant is not taken for its own', async () => {
    const one = CASES.find(({ name }) => name.startsWith('15_'));
    expect(one).toBeDefined();
    await send(one!);
    const body = bodyOf(one!)!;
    const entry = (await streamEntries(gateway)).find((each) => each.body?.equals(body) === true);
    expect(gateway.directory.resolve('cloud', '100000000000001', entry!.auth)).toBeNull();
    expect(gateway.directory.resolve('cloud', '100000000000002', entry!.auth)).not.toBeNull();
  });
});
