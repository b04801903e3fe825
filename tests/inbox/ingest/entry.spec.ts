import { expect, test } from 'vitest';
import type { IngestEntry } from '../../../src/contract/jobs.ts';
import { decodeEntry, encodeEntry } from '../../../src/inbox/ingest/entry.ts';
import type { StreamEntry } from '../../../src/platform/stream.ts';

const webhook: IngestEntry = {
  ...{ provider: 'twilio', auth: 'global', receivedAtMs: 1_760_000_000_123, correlationId: 'a.b_c-d' },
  ...{ body: Buffer.from('{}'), bodyKey: null },
};

function onStream(fields: Readonly<Record<string, string | Buffer>>): StreamEntry {
  const raw = Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, Buffer.from(value)]));
  return { key: 'ingest:{7}', id: '1-2', fields: raw, redelivered: false };
}

test('a webhook comes off the stream as it was put there, with the place where it stood first', () => {
  expect(decodeEntry(onStream(encodeEntry(webhook)))).toEqual({ ...webhook, streamId: '7/1-2' });
  expect(decodeEntry(onStream(encodeEntry(webhook, '3/9-9')))).toEqual({ ...webhook, streamId: '3/9-9' });
});

test('a webhook that a gateway of the release before put there is read as well', () => {
  const { provider: p, auth: a, receivedAtMs, correlationId: c } = webhook;
  const before = { p, a, r: String(receivedAtMs), c, b: '{}' };
  expect(decodeEntry(onStream(before))).toEqual({ ...webhook, streamId: '7/1-2' });
});
