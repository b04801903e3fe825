/** Failures that a person can fix: printed as one plain line, never with a stack trace. */

/** Something the person at the keyboard has to change; `message` says what. */
export class Refusal extends Error {
  /** @override */
  name = 'Refusal';
}

/**
 * Runs a command's body. A Refusal is printed as its bare message; anything else is a defect and keeps its stack.
 *
 * @param {() => Promise<number | void>} body resolves to the exit code, 0 when it gives none
 * @returns {Promise<void>} after process.exitCode was set
 */
export async function runCommand(body) {
  try {
    process.exitCode = (await body()) ?? 0;
  } catch (error) {
    console.error(error instanceof Refusal ? `hunfly: ${error.message}` : error);
    process.exitCode = 1;
  }
}

/**
 * One line of progress. On stderr, so that commands whose stdout is data stay clean.
 *
 * @param {string} text
 */
export function say(text) {
  process.stderr.write(`${text}\n`);
}
