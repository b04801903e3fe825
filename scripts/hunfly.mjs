/** `npm run hunfly -- <command>`: the operator's CLI on whichever Postgres and Redis are at hand. */
import { build } from './bootstrap/build.mjs';
import { ensureDeps } from './bootstrap/ensure-deps.mjs';
import { ensureNode } from './bootstrap/ensure-node.mjs';
import { runCommand, say } from './bootstrap/refusal.mjs';
import { isCommand } from './operator/is-command.mjs';
import { toldAsCli } from './operator/refusals.mjs';
import { splitArgs, withEngines } from './operator/with-engines.mjs';
import { runCli } from './operator/run-cli.mjs';

const typed = process.argv.slice(2);
await runCommand(() =>
  toldAsCli(typed, async () => {
    ensureNode();
    const { data, args, needsEngines } = splitArgs(typed);
    await ensureDeps();
    await build({ client: args[0] === 'gateway', say });
    // A word that is no command is refused by the CLI, for which nothing has to be started.
    if (!needsEngines || !(await isCommand(args))) return runCli(args, {});
    return withEngines({ data, migrate: args[0] !== 'migrate' }, (env) => runCli(args, env));
  }),
);
process.exit();
