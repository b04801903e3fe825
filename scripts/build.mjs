/** `npm run build`: dist/ as the production images use it. */
import { build } from './bootstrap/build.mjs';
import { ensureDeps } from './bootstrap/ensure-deps.mjs';
import { ensureNode } from './bootstrap/ensure-node.mjs';
import { runCommand, say } from './bootstrap/refusal.mjs';

await runCommand(async () => {
  ensureNode();
  await ensureDeps();
  const entries = await build({ say });
  say(`built ${entries.length} processes and the web inbox into dist/`);
});
