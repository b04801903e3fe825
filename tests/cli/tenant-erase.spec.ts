/** An operator erases a business, and asks how far that is. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { CLI_COMMANDS } from '../../src/cli/commands.ts';
import type { CliContext } from '../../src/cli/command.ts';
import { runCli } from '../../src/cli/run.ts';
import { createDiskBlobs } from '../../src/platform/blobs-disk.ts';
import { createEraser } from '../support/business.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

let db: TestDatabase;
let folder: string;
const announced: string[] = [];

beforeAll(async () => {
  db = await createTestDatabase();
  folder = await mkdtemp(join(tmpdir(), 'cli-erase-'));
});
afterAll(async () => {
  await db.drop();
  await rm(folder, { recursive: true });
});

async function run(...argv: readonly string[]): Promise<{ exitCode: number; out: string; err: string }> {
  const said = { out: '', err: '' };
  const io = { out: (text: string) => void (said.out += text), err: (text: string) => void (said.err += text) };
  const context = {
    database: () => db.database,
    announce: (logged: readonly { readonly type: string }[]) => {
      announced.push(...logged.map(({ type }) => type));
      return Promise.resolve();
    },
  } as unknown as CliContext;
  const { exitCode } = await runCli(argv, { commands: CLI_COMMANDS, io, context });
  return { exitCode, ...said };
}

const create = () => run('tenant', 'create', '--slug', 'acme', '--name', 'Acme Ltd');
const erase = (tenant: string, ...more: readonly string[]) =>
  run('tenant', 'erase', '--tenant', tenant, ...more, '--json');
const answer = ({ out }: { readonly out: string }): unknown => JSON.parse(out);

it('erases the business that is named, tells running gateways, and says how far it is, by slug and then by id', async () => {
  await create();
  for (const email of ['ana@acme.example', 'bruno@acme.example'])
    await run('member', 'add', '--tenant', 'acme', '--email', email, '--name', 'Somebody', '--role', 'agent');
  announced.splice(0);
  for (const wrong of [[], ['--confirm', 'acme'], ['--confirm', 'Other Ltd']]) {
    const refused = await erase('acme', ...wrong);
    expect(refused.exitCode).not.toBe(0);
    expect(answer(refused)).toMatchObject({ error: { code: 'invalid_input' } });
    expect(refused.out).toContain('Acme Ltd');
  }
  expect(answer(await erase('nobody', '--confirm', 'Nobody'))).toMatchObject({ error: { code: 'not_found' } });
  expect(announced).toEqual([]);

  const begun = await erase('acme', '--confirm', 'Acme Ltd');
  expect(begun).toMatchObject({ exitCode: 0, err: '' });
  const { tenantId } = answer(begun) as { tenantId: string };
  expect(answer(begun)).toEqual({
    tenantId,
    requestedAt: expect.any(String) as string,
    finishedAt: null,
    stage: 'settle',
    rowsGone: 0,
  });
  expect(announced).toEqual(['member.updated', 'member.updated']);
  expect(answer(await erase('acme', '--confirm', 'Acme Ltd'))).toEqual(answer(begun));
  expect(answer(await erase(tenantId))).toEqual(answer(begun));
  expect(announced).toHaveLength(2);
  expect((await run('tenant', 'set', '--tenant', 'acme', '--agent-visibility', 'all')).exitCode).toBe(1);

  // Its slug is free, and then means another business; whoever asks again how far the first one is does not erase that.
  expect((await create()).exitCode).toBe(0);
  const again = await erase('acme', '--confirm', 'Acme Ltd');
  expect(answer(again)).toMatchObject({ error: { code: 'conflict' } });
  expect(again.out).toContain(tenantId);
  await createEraser(db.database, createDiskBlobs(folder)).finish();
  expect(answer(await erase('acme'))).toMatchObject({ error: { code: 'invalid_input' } });
  expect(answer(await erase(tenantId))).toMatchObject({ finishedAt: expect.any(String) as string });
  expect((await run('tenant', 'erase', '--tenant', tenantId)).out).toContain('was erased');
  expect(
    (await run('member', 'add', '--tenant', 'acme', '--email', 'ana@acme.example', '--name', 'A', '--role', 'agent'))
      .exitCode,
  ).toBe(0);
});
