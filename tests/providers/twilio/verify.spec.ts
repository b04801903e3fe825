import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Secret, WebhookRequest } from '../../../src/providers/provider.ts';
import { twilioChannelHint, verifyTwilio } from '../../../src/providers/twilio/verify.ts';
import { badCases } from '../corpus.ts';
import { twilioSignature } from '../form.ts';

interface Vector {
  readonly name: string;
  readonly auth_token: string;
  readonly url: string;
  readonly form?: string;
  readonly body?: string;
  readonly value: string;
}

const vectors = JSON.parse(readFileSync(join(import.meta.dirname, '..', 'fixtures-signatures.json'), 'utf8')) as {
  twilio: Vector[];
};

const secret = (value: string): Secret => ({ value, fingerprint: 'test' });
const request = (url: string, body: Buffer | string, signature: string | string[] | undefined): WebhookRequest => ({
  headers: { 'x-twilio-signature': signature },
  url,
  body: Buffer.from(body),
  nowMs: 0,
});

describe('the signature covers the public URL and every parameter', () => {
  it('all vectors are here', () => {
    expect(vectors.twilio).toHaveLength(9);
  });

  it.each(vectors.twilio)('$name', ({ auth_token, url, form, body = form ?? '', value }) => {
    const right = secret(auth_token);
    expect(verifyTwilio(request(url, body, value), [secret('other'), right])).toBe(right);
    expect(verifyTwilio(request(url, body, value), [secret('other'), secret('')])).toBeNull();
    expect(verifyTwilio(request(url.replace('https:', 'http:'), body, value), [right])).toBeNull();
    expect(verifyTwilio(request(url, `${body}&Extra=1`, value), [right])).toBeNull();
    expect(verifyTwilio(request(url, body, [value, value]), [right])).toBeNull();
    expect(verifyTwilio(request(url, body, undefined), [right])).toBeNull();
  });

  const token = 'test_auth_token_0123456789abcdef';
  const form = Buffer.from('Body=a&MessageSid=SM1');
  const at = (signed: string, configured: string): Secret | null =>
    verifyTwilio(request(configured, form, twilioSignature(signed, form, token)), [secret(token)]);

  it('Twilio may sign the URL with its standard port or without', () => {
    expect(at('https://inbox.test:443/hook?ref=1', 'https://inbox.test/hook?ref=1')).not.toBeNull();
    expect(at('https://inbox.test/hook', 'https://inbox.test:443/hook')).not.toBeNull();
    expect(at('http://inbox.test:80/hook', 'http://inbox.test/hook')).not.toBeNull();
    expect(at('https://inbox.test/hook', 'https://inbox.test:8443/hook')).not.toBeNull();
    expect(at('https://inbox.test:8443/hook', 'https://inbox.test:8443/hook')).not.toBeNull();
  });

  it('older rules of escaping the query are accepted, another query is not', () => {
    expect(at('https://inbox.test/hook?a=x%20y', 'https://inbox.test/hook?a=x+y')).not.toBeNull();
    expect(at('https://inbox.test/hook?ref=1', 'https://inbox.test/hook?ref=2')).toBeNull();
    expect(at('https://inbox.test/hook/', 'https://inbox.test/hook')).toBeNull();
    expect(at('https://evil.test/hook', 'https://inbox.test/hook')).toBeNull();
  });

  it('nothing is proven while the public URL is not known', () => {
    expect(at('/hook', '/hook')).toBeNull();
  });

  it('a JSON body counts only under the hash that its signed URL states', () => {
    const body = '{"MessageSid":"SM1"}';
    const hash = createHash('sha256').update(body).digest('hex');
    const url = `https://inbox.test/hook?bodySHA256=${hash}`;
    const signed = twilioSignature(url, Buffer.alloc(0), token);
    expect(verifyTwilio(request(url, body, signed), [secret(token)])).not.toBeNull();
    expect(verifyTwilio(request(url, '{"MessageSid":"SM2"}', signed), [secret(token)])).toBeNull();
    const bare = twilioSignature('https://inbox.test/hook', Buffer.alloc(0), token);
    expect(verifyTwilio(request('https://inbox.test/hook', body, bare), [secret(token)])).toBeNull();
  });
});

describe('hostile requests', () => {
  const cases = badCases('twilio');
  const key = secret('test_auth_token_0123456789abcdef');
  const verdict = (name: string): Secret | null => {
    const found = cases.find((one) => one.name.startsWith(name));
    if (found === undefined) throw new Error('no such case');
    const { path } = found as typeof found & { path: string };
    return verifyTwilio(
      { headers: found.headers, url: `https://inbox.example.test${path}`, body: found.body, nowMs: 0 },
      [key],
    );
  };

  it('all cases are here', () => {
    expect(cases).toHaveLength(10);
  });

  it.each(['31', '32', '33', '35', '38', '39'])('%s proves nothing', (name) => {
    expect(verdict(name)).toBeNull();
  });

  it.each(['34', '36', '37', '40'])('%s is authentic', (name) => {
    expect(verdict(name)).toBe(key);
  });
});

describe('the channel hint', () => {
  const hint = (body: string): string | null => twilioChannelHint(request('', body, undefined));

  it('is whom a message is to, and whom a status is from', () => {
    const ends = 'From=whatsapp%3A%2B15550100101&To=whatsapp%3A%2B15550100000';
    expect(hint(ends)).toBe('whatsapp:+15550100000');
    expect(hint(`${ends}&MessageStatus=sent`)).toBe('whatsapp:+15550100101');
  });

  it('is null for SMS, floods and nonsense', () => {
    expect(hint('From=%2B15550100101&To=%2B15550100000')).toBeNull();
    expect(hint('To%5Ba%5D=whatsapp%3A%2B15550100000')).toBeNull();
    expect(hint('%=')).toBeNull();
    expect(hint('a&'.repeat(5000))).toBeNull();
    expect(hint('')).toBeNull();
  });
});
