/** `hunfly webhook explain --json FILE`: the events of every real body, by the command itself. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { CLI_COMMANDS } from '../../src/cli/commands.ts';
import type { CliContext } from '../../src/cli/command.ts';
import { runCli } from '../../src/cli/run.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { loadConfig } from '../../src/platform/config.ts';
import { corpusCases, variationCases } from '../providers/corpus.ts';
import { formOf } from '../providers/form.ts';
import { binding, missing } from '../providers/subset.ts';
import { testRunDir } from '../support/environment.ts';
import { silentLog } from '../support/log.ts';

let context: CliContext;
let directory: string;

beforeAll(() => {
  directory = mkdtempSync(join(testRunDir(), 'explain-'));
  const config = loadConfig({
    DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none',
    REDIS_URL: 'redis://127.0.0.1:1',
    APP_JWT_SECRET: 'x'.repeat(40),
    ENCRYPTION_KEY: '0'.repeat(64),
  });
  context = {
    config,
    log: silentLog,
    clock: systemClock,
    // Explaining stores nothing: whoever asks for the database has failed.
    database: () => {
      throw new Error('explain asked for the database');
    },
    announce: () => Promise.reject(new Error('explain announced something')),
  };
});

async function explain(provider: string, body: Buffer): Promise<{ exitCode: number; json: unknown }> {
  const file = join(directory, 'body');
  writeFileSync(file, body);
  let out = '';
  const io = { out: (text: string) => void (out += text), err: () => undefined };
  const argv = ['webhook', 'explain', '--provider', provider, '--json', file];
  const { exitCode } = await runCli(argv, { commands: CLI_COMMANDS, io, context });
  return { exitCode, json: JSON.parse(out) as unknown };
}

describe.each(['cloud', 'evolution', 'twilio'])('%s', (provider) => {
  it.each([...corpusCases(provider), ...variationCases(provider)])('$name', async ({ body, expected }) => {
    const { exitCode, json } = await explain(provider, provider === 'twilio' ? formOf(body) : body);
    expect(exitCode).toBe(0);
    const events = json as Record<string, unknown>[];
    const wrong = expected.flatMap((event, index) => missing(events[index], binding(event), String(index)));
    expect(wrong).toEqual([]);
    expect(events).toHaveLength(expected.length);
  });

  it('says what is broken, and that it is', async () => {
    const { exitCode, json } = await explain(provider, Buffer.from(provider === 'twilio' ? 'Body=%ZZ' : '{"object":'));
    expect(exitCode).toBe(1);
    expect(json).toHaveProperty('broken');
  });
});
