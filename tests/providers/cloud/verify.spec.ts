import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cloudChannelHint, verifyCloud } from '../../../src/providers/cloud/verify.ts';
import type { Secret, WebhookRequest } from '../../../src/providers/provider.ts';
import { badCases } from '../corpus.ts';

const vectors = JSON.parse(readFileSync(join(import.meta.dirname, '..', 'fixtures-signatures.json'), 'utf8')) as {
  meta: { name: string; secret: string; body_base64: string; value: string }[];
};

const request = (body: Buffer, headers: WebhookRequest['headers']): WebhookRequest => ({
  headers,
  url: '',
  body,
  nowMs: 0,
});
const secret = (value: string): Secret => ({ value, fingerprint: 'test' });
const header = 'x-hub-signature-256';

describe('the signature is the HMAC of the raw bytes', () => {
  it.each(vectors.meta)('$name', ({ secret: key, body_base64, value }) => {
    const body = Buffer.from(body_base64, 'base64');
    const right = secret(key);
    expect(verifyCloud(request(body, { [header]: value }), [secret('other'), right])).toBe(right);
    expect(verifyCloud(request(body, { [header]: value }), [secret('other')])).toBeNull();
    const changed = Buffer.concat([body, Buffer.from(' ')]);
    expect(verifyCloud(request(changed, { [header]: value }), [right])).toBeNull();
  });

  it('a header that came twice proves nothing', () => {
    const [vector] = vectors.meta;
    if (vector === undefined) throw new Error('no vectors');
    const body = Buffer.from(vector.body_base64, 'base64');
    const twice = { [header]: [vector.value, vector.value] };
    expect(verifyCloud(request(body, twice), [secret(vector.secret)])).toBeNull();
  });
});

describe('forged requests', () => {
  const key = secret('test_app_secret_0123456789abcdef');
  const forged = badCases('cloud').filter(({ name }) => /^0[1-5]/.test(name));

  it.each(forged)('$name', ({ headers, body, expect: wanted }) => {
    expect(verifyCloud(request(body, headers), [key])).toBeNull();
    for (const value of (wanted['also_try_header_values'] ?? []) as string[]) {
      expect(verifyCloud(request(body, { [header]: value }), [key])).toBeNull();
    }
    for (const value of (wanted['may_accept'] ?? []) as string[]) {
      expect(verifyCloud(request(body, { [header]: value }), [key])).toBe(key);
    }
  });

  it('the control of the re-serialised body is accepted', () => {
    const found = forged.find(({ name }) => name.startsWith('05'));
    const control = found?.expect['control'] as Record<string, string>;
    expect(verifyCloud(request(found?.body ?? Buffer.alloc(0), control), [key])).toBe(key);
  });
});

describe('the channel hint', () => {
  const hint = (body: string): string | null => cloudChannelHint(request(Buffer.from(body), {}));

  it('is found without parsing, whatever the spacing and type', () => {
    expect(hint('{"metadata":{"phone_number_id" : "100000000000001"')).toBe('100000000000001');
    expect(hint('{"phone_number_id":100000000000001')).toBe('100000000000001');
  });

  it('cannot be forged by a customer’s text, whose quotes are escaped', () => {
    const body = JSON.stringify({ text: '{"phone_number_id":"666"}', metadata: { phone_number_id: '1' } });
    expect(hint(body)).toBe('1');
  });

  it('is null for account-level and empty bodies', () => {
    expect(hint('{"entry":[{"id":"2"}]}')).toBeNull();
    expect(hint('')).toBeNull();
    expect(hint('{"phone_number_id":{}}')).toBeNull();
  });
});
