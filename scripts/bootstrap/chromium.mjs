/** The browser for the tests that need one. */
import { findProgram, installPackage, isExecutable, mayInstallPackages } from './find-program.mjs';
import { Refusal, say } from './refusal.mjs';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome'];

/** @returns {string | null} CHROME_PATH, else the first Chromium or Chrome in PATH */
export function findChromium() {
  const chosen = process.env['CHROME_PATH'];
  if (chosen) return isExecutable(chosen) ? chosen : null;
  return findProgram(NAMES);
}

/**
 * Finds a browser, installing Debian's where that is possible. Where there is none the browser tests cannot run: on CI
 * (CI=true) that is a failure, elsewhere it is said loudly.
 *
 * @returns {Promise<string | null>} absolute path
 */
export async function ensureChromium() {
  const found = findChromium();
  if (found) return found;
  if (!process.env['CHROME_PATH'] && mayInstallPackages() && (await installPackage('chromium'))) {
    const installed = findChromium();
    if (installed) return installed;
  }
  const advice = 'no Chromium or Chrome found: install one (Debian: apt install chromium) or set CHROME_PATH';
  if (process.env['CI'] === 'true') throw new Refusal(`${advice}; on CI the browser tests must run`);
  say(`\n!!! ${advice}.\n!!! THE BROWSER TESTS DO NOT RUN.\n`);
  return null;
}
