/** The operator's CLI: `npm run hunfly -- <command>`. */
import { CLI_COMMANDS } from './cli/commands.ts';
import { createContext } from './cli/context.ts';
import { runCli } from './cli/run.ts';

// The reader of our output may stop early, as `head` does: that is not a failure.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
}

const context = createContext();
const io = {
  out: (text: string) => void process.stdout.write(text),
  err: (text: string) => void process.stderr.write(text),
};
const { exitCode, running } = await runCli(process.argv.slice(2), { commands: CLI_COMMANDS, io, context });
if (!running) {
  await context.close();
  process.exitCode = exitCode;
}
