/** The Node version this checkout needs. Written so that much older versions can still read it and say so. */
import { Refusal } from './refusal.mjs';

const NEEDED = [20, 19];

/**
 * @param {string} [version] e.g. '20.19.0'
 * @throws {Refusal} when it is too old
 */
export function ensureNode(version = process.versions.node) {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [needMajor = 0, needMinor = 0] = NEEDED;
  if (major > needMajor || (major === needMajor && minor >= needMinor)) return;
  throw new Refusal(
    `Node ${NEEDED.join('.')} or newer is needed, this is ${version}: see https://nodejs.org/en/download`,
  );
}
