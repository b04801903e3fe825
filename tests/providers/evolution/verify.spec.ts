import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Secret, WebhookRequest } from '../../../src/providers/provider.ts';
import { evolutionChannelHint, verifyEvolution } from '../../../src/providers/evolution/verify.ts';
import { badCases } from '../corpus.ts';

interface Vector {
  readonly name: string;
  readonly key: string;
  readonly now?: number;
  readonly authorization: string;
  readonly expect?: string;
}

const vectors = JSON.parse(readFileSync(join(import.meta.dirname, '..', 'fixtures-signatures.json'), 'utf8')) as {
  evolution_jwt: Vector[];
};

const NOW_MS = 1_760_000_030_000;
const body = Buffer.from('{"event":"messages.upsert","instance":"acme-support"}');
const secret: Secret = { value: 'test_jwt_key_0123456789abcdef', fingerprint: 'test' };

function verified(headers: WebhookRequest['headers'], nowMs = NOW_MS, bytes = body): boolean {
  const other: Secret = { value: 'other', fingerprint: 'other' };
  const empty: Secret = { value: '', fingerprint: 'empty' };
  return verifyEvolution({ headers, url: '', body: bytes, nowMs }, [empty, other, secret]) === secret;
}

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

function token(claims: unknown, header: unknown = { alg: 'HS256' }, key = secret.value): { authorization: string } {
  const unsigned = `${encode(header)}.${encode(claims)}`;
  return { authorization: `Bearer ${unsigned}.${createHmac('sha256', key).update(unsigned).digest('base64url')}` };
}

describe('the bearer token', () => {
  it.each(vectors.evolution_jwt)('$name', ({ authorization, now, expect: wanted }) => {
    const accepted = wanted === undefined || wanted.startsWith('accept');
    expect(verified({ authorization }, (now ?? 1_760_000_030) * 1000)).toBe(accepted);
  });

  const exp = NOW_MS / 1000;

  it('is accepted for 20 minutes after its end, because repeats carry the first token, and not longer', () => {
    expect(verified(token({ exp }), NOW_MS + 1_199_000)).toBe(true);
    expect(verified(token({ exp }), NOW_MS + 1_200_000)).toBe(false);
  });

  it.each([
    ['no exp', { app: 'evolution' }, { alg: 'HS256' }],
    ['exp as text', { exp: String(exp) }, { alg: 'HS256' }],
    ['another app', { exp, app: 'other' }, { alg: 'HS256' }],
    ['another action', { exp, action: 'login' }, { alg: 'HS256' }],
    ['not valid yet', { exp, nbf: exp + 3600 }, { alg: 'HS256' }],
    ['an algorithm that is not HS256', { exp }, { alg: 'RS256' }],
    ['a list as claims', [exp], { alg: 'HS256' }],
    ['null as header', { exp }, null],
  ])('is refused with %s, although its signature is right', (_name, claims, header) => {
    expect(verified(token(claims, header))).toBe(false);
  });

  it('signed with an empty key proves nothing', () => {
    expect(verified(token({ exp }, { alg: 'HS256' }, ''))).toBe(false);
  });

  it('that is none does not throw', () => {
    for (const value of ['', 'Bearer', 'Bearer a.b', 'Bearer a.b.c', 'Bearer ..', `Bearer ${'a.'.repeat(9000)}`]) {
      expect(verified({ authorization: value })).toBe(false);
    }
  });

  it('of the hostile fixture is refused', () => {
    const found = badCases('evolution').find(({ name }) => name.startsWith('24'));
    expect(verified(found?.headers ?? {})).toBe(false);
  });
});

describe('the signature of a proxy', () => {
  const signature = `sha256=${createHmac('sha256', secret.value).update(body).digest('hex')}`;

  it('is over the raw bytes', () => {
    expect(verified({ 'x-hunfly-signature': signature })).toBe(true);
    expect(verified({ 'x-hunfly-signature': signature }, NOW_MS, Buffer.from('{}'))).toBe(false);
    expect(verified({ 'x-hunfly-signature': signature.slice(0, -1) })).toBe(false);
  });
});

describe('the static header', () => {
  it('is the secret itself', () => {
    expect(verified({ 'x-webhook-secret': secret.value })).toBe(true);
    expect(verified({ 'x-webhook-secret': `${secret.value}x` })).toBe(false);
    expect(verified({ 'x-webhook-secret': '' })).toBe(false);
  });
});

describe('the channel hint', () => {
  const hint = (json: string): string | null =>
    evolutionChannelHint({ headers: {}, url: '', body: Buffer.from(json), nowMs: 0 });

  it('is the instance’s name', () => {
    expect(hint('{"isLatest":false,"event":"messages.set","instance":"acme-support"}')).toBe('acme-support');
    expect(hint('{"instance":"loja-s\\u00e3o"}')).toBe('loja-são');
    expect(hint('{"instance":7}')).toBe('7');
    expect(hint('{"event":"error"}')).toBeNull();
  });
});
