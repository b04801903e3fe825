/** Asks the built CLI whether it has a command. */
import { cliOutput } from '../supervisor/run-cli.mjs';

/**
 * @param {string[]} args as typed
 * @returns {Promise<boolean>} true when they begin with the words of a command
 */
export async function isCommand(args) {
  const answer = await cliOutput(['--help', '--json'], {});
  /** @type {{ commands: { path: string }[] }} */
  const { commands } = JSON.parse(answer);
  return commands.some(({ path }) => path.split(' ').every((word, index) => args[index] === word));
}
