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
/** Title and arguments of Node, in order; the cheapest first. */
const STEPS = [
  { title: 'format', args: ['node_modules/prettier/bin/prettier.cjs', '--check', '--log-level=warn', '.'] },
  { title: 'types', args: ['node_modules/typescript/bin/tsc', '-p', '.'] },
  ...(existsSync(join(ROOT, CLIENT_TYPES))
    ? [{ title: 'types of the web inbox', args: ['node_modules/typescript/bin/tsc', '-p', CLIENT_TYPES] }]
    : []),
  { title: 'types of the k6 scripts', args: ['node_modules/typescript/bin/tsc', '-p', 'loadtest/k6'] },
  {
    title: 'lint',
    args: [
      'node_modules/eslint/bin/eslint.js',
      '--config',
      'tests/architecture/eslint.config.js',
      '--max-warnings=0',
      '.',
    ],
  },
  { title: 'dead code', args: ['node_modules/knip/bin/knip.js', '--config', 'tests/architecture/knip.json'] },
  { title: 'tests', args: ['scripts/test.mjs'] },
];

await runCommand(async () => {
  ensureNode();
  await ensureDeps();
  for (const { title, args } of STEPS) {
    say(`\n== ${title}`);
    const began = performance.now();
    const child = spawn(process.execPath, args, { cwd: ROOT, stdio: 'inherit' });
    const [code] = await once(child, 'exit');
    if (code !== 0) {
      say(`\ncheck stopped at: ${title}`);
      return typeof code === 'number' ? code : 1;
    }
    say(`== ${title}: fine (${((performance.now() - began) / 1000).toFixed(1)} s)`);
  }
  say('\ncheck: everything is fine');
  return 0;
});
