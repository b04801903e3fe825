/** `npm test`: every test, on a Postgres and a Redis of its own that are thrown away afterwards. */
import { ensureNode } from './bootstrap/ensure-node.mjs';
import { runCommand } from './bootstrap/refusal.mjs';
import { runTests } from './testing/run-tests.mjs';

await runCommand(async () => {
  ensureNode();
  return runTests(process.argv.slice(2));
});
