/** An operator hands out, and erases, what is stored of a customer. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { CLI_COMMANDS } from '../../src/cli/commands.ts';
import type { CliContext } from '../../src/cli/command.ts';
import { runCli } from '../../src/cli/run.ts';
import { ExportRecord } from '../../src/contract/personal-data.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { apply, createTenant, message, part } from '../support/ingest.ts';

let db: TestDatabase;
let slug: string;
let contactId: string;
let announced = 0;

beforeAll(async () => {
  db = await createTestDatabase();
  const account = await createTenant(db.database);
  const words = Array.from({ length: 120 }, (_, at) => message(account.channel, `m${String(at)}`));
  await apply(db.database, account, [part(words)]);
  slug = `t-${account.tenantId}`;
  const [row] = await db.database.run('test.contact', (sql) => sql<{ id: string }[]>`select id from contacts`);
  contactId = row?.id ?? '';
});
afterAll(() => db.drop());

async function run(...argv: readonly string[]): Promise<{ exitCode: number; out: string; err: string }> {
  const said = { out: '', err: '' };
  const io = { out: (text: string) => void (said.out += text), err: (text: string) => void (said.err += text) };
  const context = {
    database: () => db.database,
    announce: (logged: readonly unknown[]) => {
      announced += logged.length;
      return Promise.resolve();
    },
  } as unknown as CliContext;
  const { exitCode } = await runCli(argv, { commands: CLI_COMMANDS, io, context });
  return { exitCode, ...said };
}

const of = (): string[] => ['--tenant', slug, '--contact', contactId];

it('hands out a JSON document per line, over as many pages as there are', async () => {
  const { out, exitCode } = await run('contact', 'export', ...of());
  expect(exitCode).toBe(0);
  const records = out
    .trim()
    .split('\n')
    .map((line) => ExportRecord.parse(JSON.parse(line)));
  expect(records.filter(({ type }) => type === 'message')).toHaveLength(120);
  expect(records[0]).toMatchObject({ type: 'contact', contact: { id: contactId } });
});

it('hands out one JSON document with --json', async () => {
  const { items } = JSON.parse((await run('contact', 'export', ...of(), '--json')).out) as { items: unknown[] };
  expect(items.map((item) => ExportRecord.parse(item).type)).toEqual(expect.arrayContaining(['contact', 'message']));
  expect(items.length).toBeGreaterThan(120);
});

it('erases who is meant, tells running gateways, and says how far it is when asked again', async () => {
  expect((await run('contact', 'erase', ...of(), '--confirm', 'Somebody Else')).exitCode).toBe(2);
  const first = await run('contact', 'erase', ...of(), '--confirm', 'Ada Example');
  expect(first).toMatchObject({ exitCode: 0, err: '' });
  expect(announced).toBe(1);
  const again = await run('contact', 'erase', ...of(), '--confirm', 'Ada Example', '--json');
  expect(JSON.parse(again.out)).toMatchObject({ contactId, finishedAt: null });
  expect(announced).toBe(1);
  expect((await run('contact', 'export', ...of())).exitCode).toBe(1);
});
