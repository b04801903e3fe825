/** `npm run bench`: measures the floor, the peer and the product next to each other on this machine. */
import { build } from './bootstrap/build.mjs';
import { ensureDeps } from './bootstrap/ensure-deps.mjs';
import { ensureNode } from './bootstrap/ensure-node.mjs';
import { join } from 'node:path';

import { HELP } from '../loadtest/bench/help.mjs';
import { ROOT } from './bootstrap/paths.mjs';
import { runCommand, say } from './bootstrap/refusal.mjs';

await runCommand(async () => {
  ensureNode();
  const typed = process.argv.slice(2);
  if (typed.includes('--help') || typed.includes('-h')) {
    process.stdout.write(HELP);
    return 0;
  }
  await ensureDeps();
  await ensureDeps(join(ROOT, 'loadtest', 'bench'));
  const { parseFlags } = await import('../loadtest/bench/flags.mjs');
  const flags = parseFlags(typed);
  await build({ client: false, say });
  const { runBench } = await import('../loadtest/bench/run.mjs');
  return runBench(flags);
});
process.exit();
