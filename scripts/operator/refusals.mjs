/** Reports refusals that come before the CLI itself runs in the same form as the CLI. */
import { Refusal } from '../bootstrap/refusal.mjs';

/** The command line is wrong: the usage line follows and the exit code is 2. */
export class UsageRefusal extends Refusal {
  /** @override */
  name = 'UsageError';
}

/**
 * @param {string[]} typed the whole command line
 * @param {() => Promise<number>} body
 * @returns {Promise<number>} the exit code; rejects with what is no mistake in typing, which is yet to be printed for people
 */
export async function toldAsCli(typed, body) {
  try {
    return await body();
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const mistyped = error instanceof UsageRefusal;
    const { name, message } = error;
    if (typed.includes('--json')) {
      const code = mistyped ? 'invalid_input' : 'unavailable';
      process.stdout.write(`${JSON.stringify({ error: { code, message } })}\n`);
    }
    if (!mistyped) throw error;
    process.stderr.write(`${name}: ${message}\nusage: hunfly <command> --data DIR, see hunfly --help\n`);
    return 2;
  }
}
