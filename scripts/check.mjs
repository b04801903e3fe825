/** `npm run check`: format, types, lint, dead code, then every test (the import rules are one of them). */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';

import { ensureDeps } from './bootstrap/ensure-deps.mjs';
import { ensureNode } from './bootstrap/ensure-node.mjs';
import { ROOT } from './bootstrap/paths.mjs';
import { runCommand, say } from './bootstrap/refusal.mjs';

const CLIENT_TYPES = join('client', 'tsconfig.json');
/** @typedef {{ title: string, args: string[] }} Step what Node is started with */

/** @type {Step} */
const LINT = {
  title: 'lint',
  args: [
    'node_modules/eslint/bin/eslint.js',
    '--config',
    'tests/architecture/eslint.config.js',
    '--max-warnings=0',
    '.',
  ],
};
/** Beside the lint, which takes as long as all of them; the cheapest first. @type {Step[]} */
const OTHERS = [
  { title: 'format', args: ['node_modules/prettier/bin/prettier.cjs', '--check', '--log-level=warn', '.'] },
  { title: 'dead code', args: ['node_modules/knip/bin/knip.js', '--config', 'tests/architecture/knip.json'] },
  { title: 'types of the k6 scripts', args: ['node_modules/typescript/bin/tsc', '-p', 'loadtest/k6'] },
  ...(existsSync(join(ROOT, CLIENT_TYPES))
    ? [{ title: 'types of the web inbox', args: ['node_modules/typescript/bin/tsc', '-p', CLIENT_TYPES] }]
    : []),
  { title: 'types', args: ['node_modules/typescript/bin/tsc', '-p', '.'] },
];
/** @type {Step} */
const TESTS = { title: 'tests', args: ['scripts/test.mjs'] };

await runCommand(async () => {
  ensureNode();
  await ensureDeps();
  const lanes = await Promise.all([inOrder([LINT]), inOrder(OTHERS)]);
  const failed = lanes.find((code) => code !== 0) ?? (await runStep(TESTS, { isShown: true }));
  if (failed === 0) say('\ncheck: everything is fine');
  return failed;
});

/**
 * @param {Step[]} steps
 * @returns {Promise<number>} the exit code of the first that fails, after which none is run; else 0
 */
async function inOrder(steps) {
  for (const step of steps) {
    const code = await runStep(step, { isShown: false });
    if (code !== 0) return code;
  }
  return 0;
}

/**
 * @param {Step} step
 * @param {{ isShown: boolean }} options whether its words are shown as they come; else all at its end, so that steps
 *   beside each other do not speak across each other
 * @returns {Promise<number>} its exit code
 */
async function runStep({ title, args }, { isShown }) {
  const began = performance.now();
  if (isShown) say(`\n== ${title}`);
  const child = spawn(process.execPath, args, { cwd: ROOT, stdio: isShown ? 'inherit' : ['ignore', 'pipe', 'pipe'] });
  /** @type {Buffer[]} */
  const words = [];
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (part) => words.push(part));
  const [code] = await once(child, 'close');
  if (!isShown) say(`\n== ${title}`);
  process.stdout.write(Buffer.concat(words));
  const outcome = code === 0 ? 'fine' : 'check stops here';
  say(`== ${title}: ${outcome} (${((performance.now() - began) / 1000).toFixed(1)} s)`);
  return typeof code === 'number' ? code : 1;
}
