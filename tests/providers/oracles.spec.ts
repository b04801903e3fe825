/** What we accept is what the carriers' own libraries accept. */
import fc from 'fast-check';
import jwt from 'jsonwebtoken';
import twilio from 'twilio';
import { describe, expect, it } from 'vitest';
import { verifyEvolution } from '../../src/providers/evolution/verify.ts';
import { verifyTwilio } from '../../src/providers/twilio/verify.ts';

const URL_OF_OURS = 'https://inbox.example.test/api/webhooks/whatsapp/twilio';
const SECRET = { value: 'test_auth_token_0123456789abcdef', fingerprint: 'test' };
const word = fc.string({ unit: 'grapheme', maxLength: 40 }).map((text) => text.toWellFormed());

describe('twilio', () => {
  it('the package of the carrier and we agree on every form', () => {
    fc.assert(
      fc.property(
        fc.dictionary(
          word.filter((name) => name !== '' && name !== '__proto__'),
          word,
          { maxKeys: 8 },
        ),
        fc.boolean(),
        (params, forged) => {
          const body = Buffer.from(new URLSearchParams(params).toString());
          const token = forged ? 'another' : SECRET.value;
          const signature = twilio.getExpectedTwilioSignature(token, URL_OF_OURS, params);
          const request = { headers: { 'x-twilio-signature': signature }, url: URL_OF_OURS, body, nowMs: 0 };
          const theirs = twilio.validateRequest(SECRET.value, signature, URL_OF_OURS, params);
          expect(verifyTwilio(request, [SECRET]) !== null).toBe(theirs);
          expect(theirs).toBe(!forged);
        },
      ),
    );
  });
});

describe('evolution', () => {
  const nowS = 1_760_000_000;
  const asked = (token: string): boolean => {
    const request = {
      headers: { authorization: `Bearer ${token}` },
      url: '',
      body: Buffer.from('{}'),
      nowMs: nowS * 1000,
    };
    return verifyEvolution(request, [SECRET]) !== null;
  };
  const theirs = (token: string): boolean => {
    try {
      const claims = jwt.verify(token, SECRET.value, {
        algorithms: ['HS256'],
        clockTimestamp: nowS,
        clockTolerance: 1200,
      });
      // The library takes a token without an end; nobody should.
      return typeof claims === 'object' && claims.exp !== undefined;
    } catch {
      return false;
    }
  };

  it('jsonwebtoken and we agree on every token, but for tokens that never end', () => {
    const claims = fc.record({ iat: fc.constant(nowS), app: fc.constant('evolution'), action: fc.constant('webhook') });
    const any = fc.integer({ min: nowS - 3000, max: nowS + 3000 });
    // The second in which it ends is one of thousands: drawn by itself, so that every run sees both sides of it.
    const last = fc.constantFrom(-1, 0, 1).map((off) => nowS - 1200 + off);
    const end = fc.option(fc.oneof(any, last), { nil: undefined });
    const algorithm = fc.constantFrom('HS256' as const, 'HS384' as const, 'HS512' as const, 'none' as const);
    fc.assert(
      fc.property(
        claims,
        end,
        algorithm,
        fc.constantFrom(SECRET.value, 'another-secret-of-somebody'),
        (body, exp, alg, key) => {
          const payload = exp === undefined ? body : { ...body, exp };
          const token = jwt.sign(payload, alg === 'none' ? '' : key, { algorithm: alg });
          expect(asked(token)).toBe(theirs(token));
        },
      ),
    );
  });
});
