import { afterEach, describe, expect, it, vi } from 'vitest';
import { correlationId, runWithCorrelation } from '../../src/platform/log.ts';
import { LogCrowd } from '../../src/platform/log-crowd.ts';
import { maskText } from '../../src/platform/log-redact.ts';
import { recordingLog } from '../support/log.ts';

const SECRETS: Readonly<Record<string, string>> = {
  'phone number': '5511987654321',
  'phone number with plus': '+15550123456',
  'spaced phone number': '+49 (170) 123 45-67',
  jid: '5511987654321@s.whatsapp.net',
  'e-mail': 'maria.silva@example.com',
  'bearer token': 'Bearer abc.def-123456',
  jwt: 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJlLXNpZ25hdHVyZQ',
  'hex secret': '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b',
  'meta token': 'EAAGm0PX4ZCpsBAKZCZBexampleexampleexample',
  'url credentials': 'postgres://hunfly:s3cretpass@db:5432/hunfly',
  'password assignment': 'password=hunter2secret',
};
/** The part of a secret that must be gone. */
const core = (secret: string): string =>
  secret.replace(/^(Bearer |password=|postgres:\/\/hunfly:)/, '').replace(/@db.*$/, '');

describe.each(Object.entries(SECRETS))('a %s', (_kind, secret) => {
  it('never reaches a log line, wherever it hides', () => {
    const { log, text } = recordingLog();
    const cause = new Error(`inner ${secret}`);
    const error = Object.assign(new Error(`outer ${secret} failed`, { cause }), {
      detail: `Key (phone)=(${secret}) exists`,
      parameters: [secret],
      query: `select '${secret}'`,
      where: secret,
    });
    log.info({ reason: secret, unknownKey: secret, ids: [secret], err: error }, `saw ${secret} here`);
    log.child({ node: secret }).error({ err: secret }, secret);
    runWithCorrelation(secret, () => {
      log.warn({}, 'inside');
    });
    expect(text()).not.toContain(core(secret));
    expect(text()).toContain('saw ');
  });
});

describe('a log line', () => {
  it('drops the message text and names, because only known keys are written', () => {
    const { log, lines } = recordingLog();
    log.info({ text: 'hello', displayName: 'Maria', body: { text: 'hello' }, count: 3 }, 'Stored.');
    expect(lines[0]).toMatchObject({ count: 3, msg: 'Stored.', level: 'info', name: 'test' });
    expect(Object.keys(lines[0] ?? {}).sort()).toEqual(['count', 'hostname', 'level', 'msg', 'name', 'pid', 'time']);
  });

  it('drops the values that a database error quotes', () => {
    const { log, text } = recordingLog();
    const error = Object.assign(new Error('invalid input syntax for type uuid: "Maria Silva"'), {
      code: '22P02',
      severity: 'ERROR',
      detail: 'Maria',
      parameters: ['Maria'],
    });
    log.error({ err: error }, 'Failed.');
    expect(text()).not.toContain('Maria');
    expect(text()).toContain('22P02');
  });

  it('keeps ids, instants, stream ids and small numbers readable', () => {
    const { log, lines } = recordingLog();
    const fields = {
      threadId: '0190a5d2-7c1e-7000-8000-123456789012',
      seq: 123_456_789,
      durationMs: 12.5,
      cursor: '1719999999999-0',
      event: '2026-01-02T03:04:05.678Z',
    };
    log.info(fields, 'thread 0190a5d2-7c1e-7000-8000-123456789012 at 2026-01-02T03:04:05.678Z');
    expect(lines[0]).toMatchObject(fields);
    expect(lines[0]?.['msg']).toBe('thread 0190a5d2-7c1e-7000-8000-123456789012 at 2026-01-02T03:04:05.678Z');
  });

  it('carries the correlation id of the work, also after awaits', async () => {
    const { log, lines } = recordingLog();
    await runWithCorrelation('request-1', async () => {
      await Promise.resolve();
      log.info({}, 'inside');
      expect(correlationId()).toBe('request-1');
    });
    log.info({}, 'outside');
    expect(lines.map((line) => line['correlationId'])).toEqual(['request-1', undefined]);
  });

  it('is bounded however large or deep the fields are', () => {
    const { log, text } = recordingLog();
    const deep: Record<string, unknown> = {};
    deep['event'] = deep;
    log.info(
      { event: deep, ids: Array.from({ length: 5000 }, (_, index) => index), reason: 'x y '.repeat(50_000) },
      'big',
    );
    expect(text().length).toBeLessThan(10_000);
  });

  it('masks in linear time', () => {
    expect(maskText('1 '.repeat(100_000)).length).toBeLessThan(3000);
    expect(maskText('a.'.repeat(100_000)).length).toBeLessThan(3000);
  });
});

describe('what an outage says again and again', () => {
  afterEach(() => {
    vi.restoreAllMocks();
    vi.useRealTimers();
  });

  it.each(['warn', 'error'] as const)(
    'is written ten times a second as %s, and then how many were left out',
    (level) => {
      const clock = vi.spyOn(performance, 'now').mockReturnValue(5000);
      const { log, lines } = recordingLog();
      const child = log.child({ node: 'one of two' });
      for (let n = 0; n < 500; n += 1) (n % 2 === 0 ? log : child)[level]({ count: n }, 'A command could not be done.');
      log[level]({}, 'Something else.');
      expect(lines.map(({ msg }) => msg)).toEqual([
        ...Array<string>(10).fill('A command could not be done.'),
        'Something else.',
      ]);
      clock.mockReturnValue(6000);
      child[level]({}, 'A command could not be done.');
      child[level]({}, 'A command could not be done.');
      expect(lines.slice(11).map(({ skipped }) => skipped)).toEqual([490, undefined]);
    },
  );

  it('hides no other defect that is told in the same words, and no error behind a warning', () => {
    vi.spyOn(performance, 'now').mockReturnValue(5000);
    const { log, lines } = recordingLog();
    for (let n = 0; n < 500; n += 1) log.warn({ err: new TypeError(`the ${String(n)}th`) }, 'A command failed.');
    log.warn({ err: new RangeError('another') }, 'A command failed.');
    log.warn({ err: Object.assign(new TypeError('full'), { code: '53100' }) }, 'A command failed.');
    log.error({ err: new TypeError('worse') }, 'A command failed.');
    expect(lines.slice(9).map(({ level, err }) => [level, (err as Error).message])).toEqual([
      ['warn', 'the 9th'],
      ['warn', 'another'],
      ['warn', 'full'],
      ['error', 'worse'],
    ]);
  });

  it('is counted in a line of its own when nothing of the kind follows, and at the end', () => {
    vi.useFakeTimers();
    const { log, lines } = recordingLog();
    const said = (): unknown[] => lines.slice(10).map(({ msg, skipped, correlationId: id }) => [msg, skipped, id]);
    runWithCorrelation('one-of-many', () => {
      for (let n = 0; n < 25; n += 1) log.error({}, 'Redis is away.');
    });
    expect(said()).toEqual([]);
    vi.advanceTimersByTime(5000);
    expect(said()).toEqual([['Redis is away.', 15, undefined]]);
    vi.advanceTimersByTime(60_000);
    for (let n = 0; n < 12; n += 1) log.error({}, 'Redis is away.');
    log.flush();
    expect(said().slice(1)).toEqual([
      ...Array<unknown>(10).fill(['Redis is away.', undefined, undefined]),
      ['Redis is away.', 2, undefined],
    ]);
  });

  it('needs no more memory when errors have ever new codes', () => {
    const crowd = new LogCrowd();
    for (let n = 0; n < 10_000; n += 1) crowd.admit('error', 'Sending failed.', { code: n }, 5000);
    expect(crowd.size).toBeLessThanOrEqual(1000);
  });

  it('leaves out nothing that is no trouble', () => {
    const { log, lines } = recordingLog();
    for (let n = 0; n < 50; n += 1) log.info({}, 'Request answered.');
    expect(lines).toHaveLength(50);
  });
});
