import { afterEach, expect, test, vi } from 'vitest';
import type { TenantId } from '../../src/contract/ids.ts';
import type { LogHead, LogReader } from '../../src/inbox/log-reader.ts';
import { OwnHints } from '../../src/inbox/hints.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { Feeds, type FeedsOptions } from '../../src/realtime/feeds.ts';
import { RingShelf } from '../../src/realtime/ring.ts';
import { silentLog } from '../support/log.ts';

afterEach(() => {
  vi.useRealTimers();
});

test('while the database is slow, the logs are not polled a second time', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'setInterval', 'clearTimeout', 'clearInterval', 'performance'] });
  const tenantId = 'tenant' as TenantId;
  const head: LogHead = { tenantId, epoch: 'e', head: 0 };
  const polls: ((heads: LogHead[]) => void)[] = [];
  const reader = {
    heads: vi.fn<LogReader['heads']>(() => new Promise((resolve) => polls.push(resolve))).mockResolvedValueOnce([head]),
    knownRange: () => Promise.resolve({ epoch: 'e', head: 0, events: [] }),
  };
  const feeds = new Feeds({
    ...{ reader, rings: new RingShelf(), clock: systemClock, log: silentLog, hints: () => () => undefined },
    ownHints: new OwnHints(),
  } as unknown as FeedsOptions);
  await feeds.open(tenantId);
  await vi.advanceTimersByTimeAsync(20_000);
  expect(polls.length).toBe(1);
  polls[0]?.([head]);
  await vi.advanceTimersByTimeAsync(2000);
  expect(polls.length).toBe(2);
  feeds.close();
  polls[1]?.([head]);
  await vi.advanceTimersByTimeAsync(20_000);
  expect(polls.length).toBe(2);
});
