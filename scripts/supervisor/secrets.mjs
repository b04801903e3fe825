/** The secrets of an inbox on one machine: created once, stored in the data folder, overridden by the environment. */
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { replaceFile } from '../bootstrap/replace-file.mjs';

const NAMES = [
  'APP_JWT_SECRET',
  'ENCRYPTION_KEY',
  'META_APP_SECRET',
  'META_VERIFY_TOKEN',
  'EVOLUTION_WEBHOOK_SECRET',
  'TWILIO_AUTH_TOKEN',
];

/** Redis' password; never taken from the environment, because REDIS_URL would carry it. */
const REDIS = 'REDIS_PASSWORD';

/**
 * @param {string} data
 * @returns {{ env: Record<string, string>, redisPassword: string }} `env` for every process; each value is 64 hex
 *   digits (32 bytes) unless the environment says otherwise. A name added later gets its value then.
 */
export function devSecrets(data) {
  const file = join(data, 'secrets.json');
  /** @type {Record<string, string>} */
  const stored = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
  const missing = [...NAMES, REDIS].filter((name) => !stored[name]);
  for (const name of missing) stored[name] = randomBytes(32).toString('hex');
  if (missing.length > 0) replaceFile(file, `${JSON.stringify(stored, null, 2)}\n`, 0o600);
  const env = NAMES.map((name) => /** @type {const} */ ([name, process.env[name] || (stored[name] ?? '')]));
  return { env: Object.fromEntries(env), redisPassword: stored[REDIS] ?? '' };
}
