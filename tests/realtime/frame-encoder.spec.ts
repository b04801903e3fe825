import { Decoder, Encoder, PacketType, type Packet } from 'socket.io-parser';
import { describe, expect, test } from 'vitest';
import type { LogEvent } from '../../src/contract/jobs.ts';
import { toClient } from '../../src/inbox/audience.ts';
import { WrittenEvent } from '../../src/inbox/written-event.ts';
import { FrameEncoder } from '../../src/realtime/frame-encoder.ts';

const event = (over: Partial<LogEvent> = {}): LogEvent => ({
  seq: 7,
  at: '2026-01-01T00:00:00.000Z',
  type: 'message.created',
  threadId: null,
  assigneeBefore: 'before',
  assigneeAfter: 'after',
  created: false,
  receivedAtMs: null,
  // What looks like the beginning of the data, what has to be escaped, and what takes several bytes.
  data: { message: { text: 'a,"data":{"b":1}\n"c"\\ \u2028 🙂', parts: [{ data: null }] } },
  ...over,
});

const shownOf = (told: LogEvent): unknown => toClient(told, 'deliver', () => 'busy');

/** What a client makes of a packet. */
function received(encoder: Encoder, packet: Packet): unknown {
  let found: unknown;
  const decoder = new Decoder();
  decoder.on('decoded', (decoded) => {
    found = decoded;
  });
  for (const part of encoder.encode(packet)) decoder.add(part);
  return found;
}

const frameOf = (...events: unknown[]): Packet => ({
  type: PacketType.EVENT,
  nsp: '/',
  data: ['events', { epoch: 'e"1', from: 5, to: 9, events }],
});

describe('an event that stays text', () => {
  test('reaches a screen as one that was parsed, beside others', () => {
    const [text, parsed] = [new WrittenEvent(JSON.stringify(event())), event()];
    const asUsual = received(new Encoder(), frameOf(shownOf(parsed), shownOf(parsed)));
    expect(received(new FrameEncoder(), frameOf(shownOf(text), shownOf(parsed)))).toEqual(asUsual);
    expect(JSON.parse(JSON.stringify(shownOf(text)))).toEqual(shownOf(parsed));
    expect(JSON.stringify(asUsual)).not.toContain('assignee');
  });

  test('is judged, and gives its data, as one that was parsed', () => {
    expect(new WrittenEvent(JSON.stringify(event()))).toMatchObject(event());
  });

  test('of a member is shown with the live state', () => {
    const member = event({ type: 'member.updated', data: { member: { id: 'm', state: 'offline' }, version: 3 } });
    const shown = shownOf(new WrittenEvent(JSON.stringify(member)));
    expect(shown).toMatchObject({ data: { member: { id: 'm', state: 'busy' } } });
  });

  test('is refused when it is none', () => {
    expect(() => new WrittenEvent('{"seq":1}')).toThrow('without data');
  });
});

test('any other packet is encoded as Socket.IO does it', () => {
  const packets: Packet[] = [
    { type: PacketType.CONNECT, nsp: '/', data: { sid: 's' } },
    { type: PacketType.EVENT, nsp: '/', data: ['typing', { threadId: 't' }] },
    { type: PacketType.ACK, nsp: '/', id: 12, data: [{ ok: true }] },
  ];
  for (const packet of packets) expect(new FrameEncoder().encode(packet)).toEqual(new Encoder().encode(packet));
});
