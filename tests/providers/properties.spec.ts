/** Parsers are total and pure: whatever the bytes are, they answer, the same each time, and leave their input alone. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { explain } from '../../src/providers/explain.ts';
import { providers } from '../../src/providers/index.ts';
import type { Provider } from '../../src/providers/provider.ts';
import { damagedBodies } from './damaged.ts';

const RECEIVED_MS = 1_760_000_000_000;

function checked(provider: Provider, body: Buffer): void {
  const before = Buffer.from(body);
  const first = provider.parse(body, RECEIVED_MS);
  expect(body.equals(before)).toBe(true);
  expect(provider.parse(before, RECEIVED_MS)).toEqual(first);
  if (!first.ok) return;
  for (const event of first.events) {
    const flat = JSON.stringify(explain(event));
    expect(flat).not.toContain('\\u0000');
    expect(flat).not.toMatch(/\\ud[89a-f]/);
  }
}

describe.each(providers.map((provider) => ({ name: provider.name, provider })))('$name', ({ name, provider }) => {
  it('answers any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        checked(provider, Buffer.from(bytes));
      }),
    );
  });

  it('answers any JSON', () => {
    fc.assert(
      fc.property(fc.json(), (json) => {
        checked(provider, Buffer.from(json));
      }),
    );
  });

  it('answers real bodies with anything anywhere in them', () => {
    fc.assert(
      fc.property(damagedBodies(name), (json) => {
        checked(provider, Buffer.from(json));
      }),
      { numRuns: 1500 },
    );
  });

  it('answers any headers and bodies when asked for proof', () => {
    const headers = fc.dictionary(
      fc.constantFrom(
        'x-hub-signature-256',
        'x-hunfly-signature',
        'authorization',
        'x-webhook-secret',
        'x-twilio-signature',
      ),
      fc.oneof(fc.string(), fc.array(fc.string())),
    );
    fc.assert(
      fc.property(headers, fc.uint8Array(), (found, bytes) => {
        const request = { headers: found, url: '', body: Buffer.from(bytes), nowMs: RECEIVED_MS };
        expect(provider.verify(request, [{ value: 'a secret that nobody guesses', fingerprint: 'f' }])).toBeNull();
        provider.channelHint(request);
      }),
    );
  });
});
