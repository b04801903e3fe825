/** Hints carry the events of a batch whatever its size, in messages that no subscriber's buffer chokes on. */
import { describe, expect, it } from 'vitest';
import type { TenantId } from '../../src/contract/ids.ts';
import type { Hint } from '../../src/contract/jobs.ts';
import { decodeHints, encodeHints, eventsOf, OwnHints, runsOf } from '../../src/inbox/hints.ts';
import type { LoggedEvent } from '../../src/inbox/event-log.ts';
import type { WrittenEvent } from '../../src/inbox/written-event.ts';

const TENANTS = ['018f0000-0000-7000-8000-000000000001', '018f0000-0000-7000-8000-000000000002'] as TenantId[];

function logged(tenantId: TenantId, seq: number, padding: number): LoggedEvent {
  const common = { at: '2026-01-02T03:04:05.678Z', type: 'message.created', threadId: null };
  const nobody = { assigneeBefore: null, assigneeAfter: null, created: false, receivedAtMs: null };
  const event = JSON.stringify({ seq, ...common, ...nobody, data: { text: 'x'.repeat(padding) } });
  return { tenantId, epoch: 'e', seq, type: 'message.created', receivedAtMs: null, event };
}

interface Heard extends Omit<Hint, 'sizes'> {
  readonly events: WrittenEvent[] | undefined;
}

function decode(messages: readonly string[]): Heard[] {
  return messages
    .flatMap((message) => decodeHints(Buffer.from(message)))
    .map(({ sizes, ...hint }) => ({
      ...hint,
      events: sizes === undefined ? undefined : eventsOf({ ...hint, sizes }),
    }));
}

/** Of two events of one tenant, the first with this text. */
function messageSaying(text: string): string {
  const [tenant] = TENANTS;
  if (tenant === undefined) throw new Error('a tenant is needed');
  const { event, ...rest } = logged(tenant, 1, 0);
  const said = { ...rest, event: event.replace('"text":""', () => `"text":${JSON.stringify(text)}`) };
  return encodeHints(runsOf([said, logged(tenant, 2, 3)]))[0] ?? '';
}

describe('hints of a batch', () => {
  it('are one message with every event, one hint per tenant, when it is small', () => {
    const messages = encodeHints(runsOf(TENANTS.flatMap((tenant) => [1, 2].map((seq) => logged(tenant, seq, 10)))));
    expect(messages).toHaveLength(1);
    expect(decode(messages).map(({ tenantId, from, to, events }) => [tenantId, from, to, events?.length])).toEqual(
      TENANTS.map((tenant) => [tenant, 0, 2, 2]),
    );
  });

  it('are several messages that continue each other when it is long, and still carry every event', () => {
    const seqs = Array.from({ length: 400 }, (_, index) => index + 7);
    const messages = encodeHints(runsOf(seqs.flatMap((seq) => TENANTS.map((tenant) => logged(tenant, seq, 1000)))));
    expect(messages.length).toBeGreaterThan(4);
    for (const message of messages) expect(message.length).toBeLessThan(300 * 1024);
    for (const tenant of TENANTS) {
      const hints = decode(messages).filter((hint) => hint.tenantId === tenant);
      expect(hints.flatMap((hint) => (hint.events ?? []).map((event) => event.seq))).toEqual(seqs);
      hints.slice(1).forEach((hint, index) => {
        expect(hint.from).toBe(hints[index]?.to);
      });
    }
  });

  it('say only the number of an event that is too large to carry', () => {
    const [tenant] = TENANTS;
    if (tenant === undefined) throw new Error('a tenant is needed');
    const hints = decode(
      encodeHints(runsOf([logged(tenant, 1, 10), logged(tenant, 2, 300_000), logged(tenant, 3, 10)])),
    );
    expect(hints.map(({ from, to, events }) => [from, to, events?.length])).toEqual([
      [0, 1, 1],
      [1, 2, undefined],
      [2, 3, 1],
    ]);
  });

  it('carry text in any script as it was logged', () => {
    const text = 'Grüße, 你好 \u{1F600} \n ,"data":{';
    const [heard] = decode([messageSaying(text)]);
    expect(heard?.events?.map(({ data }) => data)).toEqual([{ text }, { text: 'xxx' }]);
  });

  it('are nothing where they were garbled on the way, or cut anywhere but between events', () => {
    const message = messageSaying('Grüße');
    const [line = ''] = message.split('\n');
    const garbled = ['', 'x', '{"hints":[', message.replace('"hints"', '"other"'), line];
    for (const said of [...garbled, message.slice(0, -1), `${message}}`]) {
      expect(decodeHints(Buffer.from(said))).toEqual([]);
    }
    const shifted = message.replace(
      /\[(\d+),(\d+)\]/,
      (_all, first: string, second: string) => `[${String(Number(first) - 1)},${String(Number(second) + 1)}]`,
    );
    const hints = decodeHints(Buffer.from(shifted));
    expect(hints).toHaveLength(1);
    expect(() => hints.map(eventsOf)).toThrow();
  });

  it('are marked where they have been told at home, which only home takes for done, and anybody can read', () => {
    const [home, elsewhere] = [new OwnHints(), new OwnHints()];
    home.listen(() => true);
    elsewhere.listen(() => false);
    const runs = runsOf(TENANTS.map((tenant) => logged(tenant, 1, 10)));
    const [told] = encodeHints(runs, home.tell(runs));
    const [untold] = encodeHints(runs, elsewhere.tell(runs));
    const echoes = (message = ''): boolean[] => [home, elsewhere].map((own) => own.isEcho(Buffer.from(message)));
    expect(echoes(told)).toEqual([true, false]);
    expect(echoes(untold)).toEqual([false, false]);
    expect(decode([told ?? ''])).toEqual(decode([untold ?? '']));
  });
});
