import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { safeFields } from '../../src/platform/log-redact.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const CALL = /\blog(?:ger)?\.(?:debug|info|warn|error|fatal|child)\(\s*\{([^{}]*)\}/g;

function fieldsIn(text: string): string[] {
  return [...text.matchAll(CALL)].flatMap((call) =>
    [...(call[1] ?? '').matchAll(/(?:^|,)\s*([A-Za-z]\w*)\s*(?=[:,]|$)/g)].map((field) => field[1] ?? ''),
  );
}

it('finds the fields of a log call, so that the promise below is not empty', () => {
  expect(fieldsIn("log.warn({ err: error, phone, stream: `a` }, 'Message, with: comma');")).toEqual([
    'err',
    'phone',
    'stream',
  ]);
});

async function droppedIn(folder: string, file: string): Promise<string[]> {
  const fields = fieldsIn(await readFile(join(ROOT, folder, file), 'utf8'));
  return fields.filter((field) => !(field in safeFields({ [field]: 1 }))).map((field) => `${folder}/${file}: ${field}`);
}

it('every field that the code logs is on the list of safe ones, and so is not dropped without notice', async () => {
  const dropped: string[] = [];
  for (const folder of ['src', 'consumers']) {
    const files = (await readdir(join(ROOT, folder), { recursive: true })).filter((file) => file.endsWith('.ts'));
    for (const file of files) dropped.push(...(await droppedIn(folder, file)));
  }
  expect(dropped).toEqual([]);
});
