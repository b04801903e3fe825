/** `npm run load -- <command>`: load scripts for k6 and artillery, and the businesses they play. */
import { runCommand } from './bootstrap/refusal.mjs';
import { ensureNode } from './bootstrap/ensure-node.mjs';
import { runLoad } from './loading/commands.mjs';

await runCommand(async () => {
  ensureNode();
  return runLoad(process.argv.slice(2));
});
process.exit();
