import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { CLOUD_FAILURES } from '../../src/providers/cloud/failures.ts';
import { EVOLUTION_FAILURES } from '../../src/providers/evolution/failures.ts';
import { TWILIO_FAILURES } from '../../src/providers/twilio/failures.ts';

const cells = (line: string): string =>
  line
    .split('|')
    .map((cell) => cell.trim())
    .join('|');

it('docs/operations.md has every code that is known, with what is done about it', async () => {
  const page = await readFile(new URL('../../docs/operations.md', import.meta.url), 'utf8');
  const lines = new Set(page.split('\n').map(cells));
  const coded = [...CLOUD_FAILURES, ...TWILIO_FAILURES].map(({ codes, ...rule }) => ({
    ...rule,
    code: codes.join(', '),
  }));
  const missing = [...coded, ...EVOLUTION_FAILURES].filter(
    ({ code, action, title, operator }) => !lines.has(`|${code}|${action}|${title}|${operator}|`),
  );
  expect(missing).toEqual([]);
});
