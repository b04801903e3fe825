/** `npm run bench`: measures the floor, the peer and the product next to each other on this machine. */
import { build } from './bootstrap/build.mjs';
import { ensureDeps } from './bootstrap/ensure-deps.mjs';
import { ensureNode } from './bootstrap/ensure-node.mjs';
import { join } from 'node:path';

import { ROOT } from './bootstrap/paths.mjs';
import { runCommand, say } from './bootstrap/refusal.mjs';

await runCommand(async () => {
  ensureNode();
  await ensureDeps();
  await ensureDeps(join(ROOT, 'loadtest', 'bench'));
  const { HELP, parseFlags } = await import('../loadtest/bench/flags.mjs');
  const flags = parseFlags(process.argv.slice(2));
  if (flags.help) {
    process.stdout.write(HELP);
    return 0;
  }
  await build({ client: false, say });
  const { runBench } = await import('../loadtest/bench/run.mjs');
  return runBench(flags);
});
process.exit();
