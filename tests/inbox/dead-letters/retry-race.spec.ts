/** A retried dead letter that loses a race in Postgres begins again, as every other transaction does. */
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { CLI_COMMANDS } from '../../../src/cli/commands.ts';
import { runCli } from '../../../src/cli/run.ts';
import { parseBody } from '../../../src/deps.ts';
import { applyParts } from '../../../src/inbox/ingest/apply.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { loadConfig } from '../../../src/platform/config.ts';
import { createTenant, DAY_MS, part } from '../../support/ingest.ts';
import { silentLog } from '../../support/log.ts';
import { openStores, type Stores } from '../../support/stores.ts';
import { textValue } from '../../support/system.ts';

const CHANNEL = '100000000000001';

let stores: Stores;

beforeAll(async () => {
  stores = await openStores();
});
afterAll(() => stores.drop());

/** A webhook of a number that nobody has yet. */
async function keepLetter(): Promise<void> {
  const changes = [{ field: 'messages', value: textValue(CHANNEL, 'w1') }];
  const body = Buffer.from(JSON.stringify({ object: 'whatsapp_business_account', entry: [{ id: '1', changes }] }));
  const parsed = parseBody('cloud', body, Date.now());
  if (!parsed.ok) throw new Error(parsed.broken);
  const deps = { db: stores.db.database, log: silentLog, resolve: () => null, windowOf: () => DAY_MS };
  await applyParts(deps, [part(parsed.events, { body })]);
}

/** The next `times` batches fail as after a lost race: `nextval` is not undone with them. */
async function loseRaces(times: number): Promise<void> {
  await stores.db.database.transaction('test.races', async (tx) => {
    await tx`create sequence races`;
    await tx`select set_config('test.races', ${String(times)}, true)`;
    await tx`do $do$ begin execute format(
      'create function lose_race() returns trigger language plpgsql as $f$ begin
        if nextval(''races'') <= %s then raise exception ''somebody was faster'' using errcode = ''40001''; end if;
        return new;
      end $f$', current_setting('test.races')); end $do$`;
    await tx`create trigger lose_race before insert on messages for each row execute function lose_race()`;
  });
}

async function hunfly(...argv: string[]): Promise<{ readonly code: number; readonly json: unknown }> {
  const config = loadConfig({
    ...{ DATABASE_URL: stores.db.url, REDIS_URL: stores.redis.url },
    ...{ APP_JWT_SECRET: 'x'.repeat(40), ENCRYPTION_KEY: randomBytes(32).toString('hex') },
  });
  let out = '';
  const io = { out: (text: string) => void (out += text), err: () => undefined };
  const context = {
    ...{ config, log: silentLog, clock: systemClock, database: () => stores.db.database },
    announce: () => Promise.resolve(),
  };
  const { exitCode } = await runCli([...argv, '--json'], { commands: CLI_COMMANDS, io, context });
  return { code: exitCode, json: JSON.parse(out) };
}

it('is applied although three attempts lose a race', async () => {
  await keepLetter();
  await createTenant(stores.db.database, CHANNEL);
  await loseRaces(3);
  expect(await hunfly('dead-letters', 'retry', '--all')).toMatchObject({
    code: 0,
    json: { items: [{ applied: true }] },
  });
  const rows = await stores.db.database.run(
    'test.stored',
    (sql) => sql`select provider_message_id as id from messages`,
  );
  expect(rows.map(({ id }) => id as string)).toEqual(['w1']);
});
