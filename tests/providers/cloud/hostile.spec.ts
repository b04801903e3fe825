import { describe, expect, it } from 'vitest';
import { parseCloud } from '../../../src/providers/cloud/parse.ts';
import type { InboundEvent } from '../../../src/providers/inbound.ts';
import { badCases } from '../corpus.ts';

const cases = new Map(badCases('cloud').map((found) => [found.name.replace(/_.*/, ''), found.body]));

function events(number: string): readonly InboundEvent[] {
  const parsed = parseCloud(cases.get(number) ?? Buffer.alloc(0));
  if (!parsed.ok) throw new Error(parsed.broken);
  return parsed.events;
}

const texts = (number: string): unknown[] =>
  events(number)
    .filter((event) => event.kind === 'message')
    .map(({ text }) => text);

describe('hostile but authentic bodies', () => {
  it.each(['06', '09', '18h', '18i', '18j', '18k'])('%s is broken, and says so instead of throwing', (number) => {
    expect(parseCloud(cases.get(number) ?? Buffer.alloc(0))).toMatchObject({ ok: false });
  });

  it.each(['18a', '18b', '18c', '18d', '18e', '18f', '18g', '18l', '18m'])('%s changes nothing', (number) => {
    expect(events(number).filter(({ kind }) => kind !== 'ignored')).toEqual([]);
  });

  it('types called __proto__ and constructor are unknown types; the text beside them is kept', () => {
    expect(events('10')).toMatchObject([
      { type: 'unsupported', content: { unsupported: { type: '__proto__' } } },
      { type: 'unsupported', content: { unsupported: { type: 'constructor' } } },
      { type: 'text', text: 'ok' },
    ]);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it('invalid UTF-8, NUL and lone surrogates become storable text', () => {
    expect(texts('11')).toEqual(['\ufffd(\ufffd']);
    expect(texts('12')).toEqual(['ab']);
    expect(texts('13')).toEqual(['hi \ufffd there \ufffd\ufffd']);
    expect(events('13')).toMatchObject([{ chat: { name: 'Ada \ufffd' } }]);
  });

  it('five thousand statuses are five thousand events', () => {
    expect(events('17').filter(({ kind }) => kind === 'status')).toHaveLength(5000);
  });

  it('the last of two equal keys counts', () => {
    expect(texts('19')).toEqual(['duplicate keys']);
  });

  it('a bad item is parked or repaired and never takes its neighbours with it', () => {
    expect(events('20')).toMatchObject([
      { kind: 'message', atMs: null, text: 'bad time' },
      { kind: 'message', atMs: null, text: 'bad time 2' },
      { kind: 'message', atMs: null, text: null },
      { kind: 'parked' },
    ]);
  });

  it('an id above 2^53 keeps its digits', () => {
    const value = '{"event":"APPROVED","message_template_id":90071992547409931234,"message_template_name":"x"}';
    const change = `{"field":"message_template_status_update","value":${value}}`;
    const body = `{"object":"whatsapp_business_account","entry":[{"id":"2","changes":[${change}]}]}`;
    const parsed = parseCloud(Buffer.from(body));
    expect(parsed).toMatchObject({ events: [{ fields: { template_id: '90071992547409931234' } }] });
  });

  it('backlog of a number that is not named is still told apart by its thread', () => {
    const messages = ['15550100000', '15550100101'].map((from) => ({ from, id: `wamid.${from}`, type: 'text' }));
    const value = { metadata: { phone_number_id: '1' }, history: [{ threads: [{ id: '15550100101', messages }] }] };
    const body = { object: 'whatsapp_business_account', entry: [{ changes: [{ field: 'history', value }] }] };
    const customer = { addresses: [{ type: 'wa_id', value: '15550100101' }] };
    expect(parseCloud(Buffer.from(JSON.stringify(body)))).toMatchObject({
      events: [
        { direction: 'outbound', history: true, chat: customer },
        { direction: 'inbound', history: true, chat: customer },
      ],
    });
  });

  it('names of people are matched by their ids, never by their place in the list', () => {
    const value = {
      metadata: { phone_number_id: '1', display_phone_number: '15550100000' },
      contacts: [
        { profile: { name: 'Second' }, wa_id: '15550100102' },
        { profile: { name: 'First' }, wa_id: '15550100101' },
      ],
      messages: [
        { from: '15550100101', id: 'wamid.1', type: 'text', text: { body: '' } },
        { from: '15550100102', id: 'wamid.2', type: 'text', text: { body: 'b' } },
        { from: '15550100103', id: 'wamid.3', type: 'text', text: { body: 'c' } },
      ],
    };
    const body = { object: 'whatsapp_business_account', entry: [{ changes: [{ field: 'messages', value }] }] };
    expect(parseCloud(Buffer.from(JSON.stringify(body)))).toMatchObject({
      events: [{ chat: { name: 'First' }, text: '' }, { chat: { name: 'Second' } }, { chat: { name: null } }],
    });
  });
});
