import { describe, expect, it } from 'vitest';
import { parseTwilio } from '../../../src/providers/twilio/parse.ts';
import { corpusCases, expectEvents, variationCases } from '../corpus.ts';
import { formOf } from '../form.ts';

const cases = corpusCases('twilio');

describe('every Twilio form becomes the events an inbox must make of it', () => {
  it('all fixtures are here', () => {
    expect(cases.length).toBe(29);
  });
  it.each(cases)('$name', ({ body, expected }) => {
    expectEvents(parseTwilio(formOf(body)), expected);
  });
});

describe('the same kinds with other values, and whatever else is legal', () => {
  it.each(variationCases('twilio'))('$name', ({ body, expected }) => {
    expectEvents(parseTwilio(formOf(body)), expected);
  });
});

describe('the same parameters as JSON', () => {
  it.each(cases)('$name reads like its form', ({ body }) => {
    expect(parseTwilio(body)).toEqual(parseTwilio(formOf(body)));
  });
});

describe('kinds that the fixtures do not have', () => {
  const base = { MessageSid: 'SM1', From: 'whatsapp:+15550100101', To: 'whatsapp:+15550100000' };
  const event = (more: Record<string, string>): unknown => {
    const parsed = parseTwilio(Buffer.from(new URLSearchParams({ ...base, ...more }).toString()));
    return parsed.ok ? parsed.events[0] : parsed;
  };

  it('a sticker is told from a picture by its type', () => {
    const media = { NumMedia: '1', MediaUrl0: 'https://api.twilio.com/x/Media/ME1', MediaContentType0: 'image/webp' };
    expect(event({ MessageType: 'image', ...media })).toMatchObject({ type: 'sticker' });
    expect(event({ ...media, MediaContentType0: 'audio/ogg' })).toMatchObject({ type: 'audio' });
    expect(event({ ...media, MediaContentType0: 'text/vcard' })).toMatchObject({ type: 'contacts' });
    expect(event({ ...media, MediaContentType0: 'application/zip' })).toMatchObject({ type: 'document' });
  });

  it('a chosen line of a list is an answer with its text', () => {
    expect(event({ MessageType: 'interactive', Body: 'Blue', ListId: 'b' })).toMatchObject({
      type: 'interactive',
      text: 'Blue',
      content: { interactive: { kind: 'list_reply', id: 'b', title: 'Blue' } },
    });
  });

  it('a type that is new here keeps its text, or says that it cannot be shown', () => {
    expect(event({ MessageType: 'constructor', Body: 'hi' })).toMatchObject({ type: 'text', text: 'hi' });
    expect(event({ MessageType: 'reaction', Body: '' })).toMatchObject({
      type: 'unsupported',
      content: { unsupported: { type: 'reaction' } },
    });
    expect(event({ MessageType: 'text', Body: '' })).toMatchObject({ type: 'text', text: '' });
  });

  it('people who hide their number are known by their business-scoped id', () => {
    expect(event({ From: 'whatsapp:US.123', Body: 'a' })).toMatchObject({
      chat: { addresses: [{ type: 'bsuid', value: 'US.123' }] },
    });
  });

  it('a plus that nobody escaped is still a number', () => {
    const body = 'MessageSid=SM1&From=whatsapp:+15550100101&To=whatsapp:+15550100000&Body=a';
    expect(parseTwilio(Buffer.from(body))).toMatchObject({
      events: [{ channel: 'whatsapp:+15550100000', chat: { addresses: [{ type: 'wa_id', value: '15550100101' }] } }],
    });
  });

  it('what names no id, no sender or no number of ours is parked; an unknown state is not invented', () => {
    expect(event({ MessageSid: '' })).toMatchObject({ kind: 'parked' });
    expect(event({ From: 'whatsapp:nobody' })).toMatchObject({ kind: 'parked' });
    expect(event({ To: 'whatsapp:' })).toMatchObject({ kind: 'parked' });
    expect(event({ MessageStatus: 'teleported' })).toMatchObject({ kind: 'ignored', reason: 'unknown_status' });
    expect(parseTwilio(Buffer.alloc(0))).toMatchObject({ events: [{ kind: 'ignored' }] });
  });
});
