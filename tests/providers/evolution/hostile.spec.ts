import { describe, expect, it } from 'vitest';
import { parseEvolution } from '../../../src/providers/evolution/parse.ts';
import { clientRefOf, wireId } from '../../../src/providers/evolution/scope.ts';
import type { InboundEvent } from '../../../src/providers/inbound.ts';
import { uuid7 } from '../../../src/lib/uuid7.ts';
import { badCases } from '../corpus.ts';

const cases = new Map(badCases('evolution').map((found) => [found.name.slice(0, 2), found]));

function events(body: Buffer | object): readonly InboundEvent[] {
  const parsed = parseEvolution(Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body)));
  if (!parsed.ok) throw new Error(parsed.broken);
  return parsed.events;
}

const envelope = (event: string, data: unknown): object => {
  return { event, instance: 'acme-support', sender: '15550100000:12@s.whatsapp.net', data };
};

const key = { remoteJid: '15550100101@s.whatsapp.net', fromMe: false, id: '3A00' };

describe('hostile but authentic bodies', () => {
  it('NUL and lone surrogates become storable text', () => {
    const found = events(cases.get('27')?.body ?? Buffer.alloc(0));
    expect(found).toMatchObject([{ text: 'xy \ufffd', chat: { name: 'Ada' } }]);
  });

  it('a Long of rubbish is no time and no size', () => {
    const found = events(cases.get('28')?.body ?? Buffer.alloc(0));
    expect(found).toMatchObject([
      { kind: 'message', type: 'image', atMs: null, text: null, media: { sizeBytes: null } },
    ]);
  });

  it('data of any type is acknowledged and stores nothing', () => {
    const wanted = cases.get('30')?.expect['also_try_data'] as unknown[];
    for (const data of [null, undefined, ...wanted]) {
      const kinds = events(envelope('messages.upsert', data)).map(({ kind }) => kind);
      expect(kinds.filter((kind) => kind !== 'ignored' && kind !== 'parked')).toEqual([]);
    }
  });

  it('a QR code never leaves the parser', () => {
    const data = { qrcode: { code: '2@SECRET', base64: 'data:image/png;base64,SECRET' } };
    expect(JSON.stringify(events(envelope('qrcode.updated', data)))).not.toContain('SECRET');
  });

  it('wrappers within wrappers are taken off, but not without end', () => {
    const wrap = (levels: number): object =>
      levels === 0 ? { conversation: 'deep' } : { ephemeralMessage: { message: wrap(levels - 1) } };
    const text = (levels: number): unknown => events(envelope('messages.upsert', { key, message: wrap(levels) }));
    expect(text(5)).toMatchObject([{ type: 'text', text: 'deep' }]);
    expect(text(40)).toMatchObject([{ type: 'unsupported' }]);
  });

  it('our own number is never a customer, in any notation', () => {
    const self = { ...key, remoteJid: '15550100000:7@s.whatsapp.net' };
    expect(events(envelope('messages.upsert', { key: self, message: { conversation: 'x' } }))).toMatchObject([
      { kind: 'ignored', reason: 'self_chat' },
    ]);
  });

  it('an edit that names one of our messages is offered as an edit of an inbound one only', () => {
    const edited = { key: { ...key, fromMe: false }, type: 14, editedMessage: { conversation: 'forged' } };
    expect(events(envelope('messages.edited', edited))).toMatchObject([
      { kind: 'edit', direction: 'inbound', chat: null, text: 'forged' },
    ]);
  });
});

describe('ids that we choose', () => {
  it('come back as our own', () => {
    const id = uuid7();
    expect(wireId(id)).toMatch(/^[0-9A-F]{32}$/);
    expect(clientRefOf(wireId(id))).toBe(id);
    expect(clientRefOf('3EB061C1509EF3E5171E6A')).toBeNull();
  });

  it('are not read from messages of customers', () => {
    const item = { key: { ...key, id: wireId(uuid7()) }, message: { conversation: 'x' } };
    expect(events(envelope('messages.upsert', item))).toMatchObject([{ direction: 'inbound', clientRef: null }]);
  });
});
