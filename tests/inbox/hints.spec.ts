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

  it('carry text in any script as it was logged, and nothing of what was garbled on the way', () => {
    const [tenant] = TENANTS;
    if (tenant === undefined) throw new Error('a tenant is needed');
    const text = 'Grüße, 你好 \u{1F600} \n ,"data":{';
    const { event, ...rest } = logged(tenant, 1, 0);
    const said = { ...rest, event: event.replace('"text":""', `"text":${JSON.stringify(text)}`) };
    const [message = ''] = encodeHints(runsOf([said, logged(tenant, 2, 3)]));
    const [heard] = decode([message]);
    expect(heard?.events?.map(({ data }) => data)).toEqual([{ text }, { text: 'xxx' }]);
    for (const garbled of [
      '',
      'x',
      '{"hints":[',
      message.replace('"hints"', '"other"'),
      message.split('\n')[0] ?? '',
    ]) {
      expect(decodeHints(Buffer.from(garbled))).toEqual([]);
    }
    const [cut] = decodeHints(Buffer.from(message.slice(0, -20)));
    expect(() => cut && eventsOf(cut)).toThrow();
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
