import { expect, test } from 'vitest';
import type { IngestEntry } from '../../../src/contract/jobs.ts';
import { decodeEntry, encodeEntry, placeOf } from '../../../src/inbox/ingest/entry.ts';

const webhook: IngestEntry = {
  ...{ provider: 'twilio', auth: 'global', receivedAtMs: 1_760_000_000_123, correlationId: 'a.b_c-d' },
  ...{ body: Buffer.from('{}'), bodyKey: null },
};

/** Read at a place of shard 7. */
function decoded(fields: Readonly<Record<string, string | Buffer>>): unknown {
  const raw = Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, Buffer.from(value)]));
  return decodeEntry(raw, placeOf({ key: 'ingest:{7}', id: '1-2' }));
}

test('a webhook comes off the stream as it was put there, with the place where it stood first', () => {
  expect(decoded(encodeEntry(webhook))).toEqual({ ok: true, entry: { ...webhook, streamId: '7/1-2', spillId: null } });
  expect(decoded(encodeEntry(webhook, { streamId: '3/9-9', spillId: '8' }))).toEqual({
    ok: true,
    entry: { ...webhook, streamId: '3/9-9', spillId: '8' },
  });
});

test('a webhook that a gateway of the release before put there is read as well', () => {
  const { provider: p, auth: a, receivedAtMs, correlationId: c } = webhook;
  const before = { p, a, r: String(receivedAtMs), c, b: '{}' };
  expect(decoded(before)).toEqual({ ok: true, entry: { ...webhook, streamId: '7/1-2', spillId: null } });
});
