/** Parsers are total and pure: whatever the bytes are, they answer, the same each time, and leave their input alone. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseCloud } from '../../src/providers/cloud/parse.ts';
import { parseEvolution } from '../../src/providers/evolution/parse.ts';
import { explain } from '../../src/providers/explain.ts';
import type { InboundEvent, Parsed } from '../../src/providers/inbound.ts';
import { providers } from '../../src/providers/index.ts';
import type { Provider } from '../../src/providers/provider.ts';
import { anything, damagedBodies } from './damaged.ts';

const RECEIVED_MS = 1_760_000_000_000;

/** True where Postgres takes every key and text. */
function isStorable(json: unknown): boolean {
  const foul = (value: unknown): boolean =>
    typeof value === 'string' && (value.includes('\0') || !value.isWellFormed());
  let storable = true;
  JSON.parse(JSON.stringify(json), (key, item: unknown) => {
    if (foul(key) || foul(item)) storable = false;
    return item;
  });
  return storable;
}

function checked(provider: Provider, body: Buffer): void {
  const before = Buffer.from(body);
  const first = provider.parse(body, RECEIVED_MS);
  expect(body.equals(before)).toBe(true);
  expect(provider.parse(before, RECEIVED_MS)).toEqual(first);
  if (!first.ok) return;
  for (const event of first.events) {
    expect(isStorable(explain(event))).toBe(true);
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

/** The events of a body that is given as JSON. */
function eventsOf(parse: (body: Buffer) => Parsed, json: unknown): readonly InboundEvent[] {
  const parsed = parse(Buffer.from(JSON.stringify(json)));
  if (!parsed.ok) throw new Error(parsed.broken);
  return parsed.events;
}

const inside = (json: unknown, ...path: string[]): unknown =>
  path.reduce(
    (value, key) => (typeof value === 'object' ? (value as Record<string, unknown> | null)?.[key] : null),
    json,
  );

const listed = (value: unknown): unknown[] => (Array.isArray(value) ? value : [value]);

describe('what stands beside a damaged item', () => {
  const metadata = { display_phone_number: '15550100000', phone_number_id: '100000000000001' };
  const good = { from: '15550100101', id: 'wamid.good', timestamp: '1760000000', type: 'text', text: { body: 'good' } };
  const entryOf = (messages: unknown[]): unknown => ({
    changes: [{ field: 'messages', value: { metadata, messages } }],
  });
  const cloud = (...entry: unknown[]): readonly InboundEvent[] =>
    eventsOf(parseCloud, { object: 'whatsapp_business_account', entry });
  const [goodEvent] = cloud(entryOf([good]));

  it('is read as if it stood alone: entries of one body', () => {
    fc.assert(
      fc.property(damagedBodies('cloud'), damagedBodies('cloud'), (first, second) => {
        const [before, after] = [first, second].map((json) => listed(inside(JSON.parse(json), 'entry')));
        const alone = [cloud(...(before ?? [])), [goodEvent], cloud(...(after ?? []))];
        expect(cloud(...(before ?? []), entryOf([good]), ...(after ?? []))).toEqual(alone.flat());
      }),
    );
  });

  it('is read as if it stood alone: messages of one list', () => {
    const messages = damagedBodies('cloud').map((json) => {
      return listed(inside(JSON.parse(json), 'entry', '0', 'changes', '0', 'value', 'messages'));
    });
    fc.assert(
      fc.property(fc.oneof(messages, fc.array(anything)), (others) => {
        expect(cloud(entryOf([...others, good, ...others]))).toContainEqual(goodEvent);
      }),
    );
  });

  it('is read as if it stood alone: a list of Evolution messages', () => {
    const data = { key: { remoteJid: '15550100101@s.whatsapp.net', id: '3A0000' }, message: { conversation: 'good' } };
    const read = (items: unknown[]): readonly InboundEvent[] =>
      eventsOf(parseEvolution, { event: 'messages.set', instance: 'acme-support', data: items });
    fc.assert(
      fc.property(damagedBodies('evolution'), (json) => {
        const damaged = listed(inside(JSON.parse(json), 'data'));
        expect(read([...damaged, data])).toEqual([...read(damaged), ...read([data])]);
      }),
    );
  });
});
