/** `npm start`: the whole inbox on this machine, on a checkout with nothing prepared. */
import { ensureDeps } from './bootstrap/ensure-deps.mjs';
import { ensureNode } from './bootstrap/ensure-node.mjs';
import { runCommand } from './bootstrap/refusal.mjs';
import { HELP, parseFlags } from './supervisor/flags.mjs';
import { supervise } from './supervisor/supervise.mjs';

await runCommand(async () => {
  ensureNode();
  const flags = parseFlags(process.argv.slice(2));
  if (flags.help) {
    process.stdout.write(HELP);
    return 0;
  }
  await ensureDeps();
  return supervise(flags);
});
// Does not wait for what a failed start may have left open: guards and leashes end it.
process.exit();
