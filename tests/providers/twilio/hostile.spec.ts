import { describe, expect, it } from 'vitest';
import type { InboundEvent } from '../../../src/providers/inbound.ts';
import { parseTwilio } from '../../../src/providers/twilio/parse.ts';
import { callbackUrl, withReference } from '../../../src/providers/twilio/statuses.ts';
import { badCases } from '../corpus.ts';

const cases = new Map(badCases('twilio').map((found) => [found.name.replace(/_.*/, ''), found.body]));
const bodyOf = (number: string): Buffer => cases.get(number) ?? Buffer.alloc(0);

function event(number: string): InboundEvent | undefined {
  const parsed = parseTwilio(bodyOf(number));
  if (!parsed.ok) throw new Error(parsed.broken);
  return parsed.events[0];
}

describe('hostile but authentic forms', () => {
  it.each(['35', '38'])('%s is broken, and says so instead of throwing', (number) => {
    expect(parseTwilio(bodyOf(number))).toMatchObject({ ok: false });
  });

  it('brackets in names are names: nothing nests, nothing is polluted', () => {
    expect(event('34')).toMatchObject({ kind: 'message', text: 'hello' });
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it('NUL becomes storable text', () => {
    expect(event('40')).toMatchObject({ text: 'ab', chat: { name: 'A' } });
  });

  it('a number of another tenant and another account are named as they came', () => {
    expect(event('37')).toMatchObject({ channel: 'whatsapp:+15550100050' });
    expect(event('36')).toMatchObject({ account: 'ACeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee' });
  });

  it('a coordinate that is none, and JSON that is broken, are left out', () => {
    const base = 'MessageSid=SM1&From=whatsapp%3A%2B15550100101&To=whatsapp%3A%2B15550100000';
    const parsed = (more: string): unknown => parseTwilio(Buffer.from(base + more));
    expect(parsed('&Latitude=NaN&Longitude=1&Body=here')).toMatchObject({ events: [{ type: 'text', text: 'here' }] });
    expect(parsed(`&MessageType=interactive&Body=Sent&FlowData=${'%5B'.repeat(5000)}`)).toMatchObject({
      events: [{ type: 'interactive', content: { interactive: { kind: 'flow_reply', data: null } } }],
    });
  });
});

describe('the reference of a status callback', () => {
  const messageId = '01890000-0000-7000-8000-000000000001';
  const status = Buffer.from(
    'MessageSid=SM1&MessageStatus=sent&From=whatsapp%3A%2B15550100000&To=whatsapp%3A%2B15550100101',
  );
  const url = callbackUrl('https://inbox.test/hook', messageId).split('#', 1)[0] ?? '';

  it('comes back from the address that the message was sent with', () => {
    expect(parseTwilio(withReference({ url, body: status }))).toMatchObject({ events: [{ clientRef: messageId }] });
    expect(parseTwilio(status)).toMatchObject({ events: [{ clientRef: null }] });
  });

  it('is nothing but an id', () => {
    for (const strange of ['https://inbox.test/hook', 'https://inbox.test/hook?ref=a%26Body=x', `${url}1`]) {
      expect(withReference({ url: strange, body: status })).toBe(status);
    }
  });
});
