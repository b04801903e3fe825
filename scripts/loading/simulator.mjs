/** Tells the WhatsApp simulator of an inbox which numbers a plan has, so that it plays their carrier. */
import { say } from '../bootstrap/refusal.mjs';

/** What `hunfly load prepare` stores as every number's token. */
const ACCESS_TOKEN = 'load';
const DEADLINE_MS = 10_000;

/**
 * Says what becomes of agents' answers. A simulator forgets the numbers when it ends, so this is done before each run
 * too; it is harmless to repeat. Never rejects.
 *
 * @param {import('../../src/contract/load.ts').LoadPlan} plan
 */
export async function introduceNumbers({ url, tenants }) {
  const accounts = tenants.flatMap((tenant) => tenant.accounts.map(simulated));
  const refused = await introduce(url, accounts);
  say(
    refused === null
      ? `the simulator at ${url} plays the carrier of ${accounts.length} numbers: answers are delivered and read`
      : `no simulator plays these numbers (${refused}): answers go to the carrier, which refuses them; they end as failed`,
  );
}

/** @param {import('../../src/contract/load.ts').LoadAccount} account */
function simulated({ externalId, secret }) {
  const phone = externalId.slice(-15);
  return { provider: 'cloud', channel: externalId, phone, secret, accessToken: ACCESS_TOKEN, quiet: true };
}

/**
 * @param {string} url
 * @param {object[]} accounts
 * @returns {Promise<string | null>} why not
 */
async function introduce(url, accounts) {
  try {
    const answer = await fetch(`${url}/simulator/api/accounts`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ accounts }),
      signal: AbortSignal.timeout(DEADLINE_MS),
    });
    if (answer.ok) return null;
    const told = /** @type {{ error?: { message?: string } } | null} */ (await answer.json().catch(() => null));
    return `${answer.status} ${told?.error?.message ?? ''}`.trim();
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
