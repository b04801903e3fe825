/** A real, headless Chromium for suites, or a loud statement that there is none. */
import { chromium, type Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { describeDidNotRun } from '../../support/did-not-run.ts';
import { chromePath } from '../../support/environment.ts';

const MISSING = 'there is no Chromium or Chrome: install one, or set CHROME_PATH';

/**
 * A suite with a browser. Where none can be had the suite's place is taken by one test that says so in its title and on
 * the screen; on CI that test fails.
 */
export function describeInBrowser(title: string, body: (browser: () => Browser) => void): void {
  const path = chromePath();
  if (path === null) {
    describeDidNotRun(title, MISSING);
    return;
  }
  describe(title, () => {
    let browser: Browser | undefined;
    beforeAll(async () => {
      browser = await startBrowser(path);
    });
    afterAll(async () => {
      // What a test that failed left open would go on working beside the next suite.
      await Promise.all(browser?.contexts().map((context) => context.close()) ?? []);
    });
    body(() => {
      if (browser === undefined) throw new Error('The browser has not been started yet.');
      return browser;
    });
  });
}

let running: Browser | undefined;

/** One for all suites of this process, with which it ends; a new one after a crash. Suites share nothing within it. */
async function startBrowser(executablePath: string): Promise<Browser> {
  if (running?.isConnected() === true) return running;
  // Root in a container has no user namespaces; the only pages opened are our own.
  // The microphone hums by itself and nobody is asked for it.
  const microphone = ['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream'];
  const args = ['--no-sandbox', '--disable-dev-shm-usage', ...microphone];
  running = await chromium.launch({ executablePath, args });
  return running;
}

/** Asks again until the assertion holds; generous, because the machine may be busy with other suites. */
export function eventually<T>(read: () => T | Promise<T>): ReturnType<typeof expect.poll<T>> {
  return expect.poll(read, { timeout: 30_000, interval: 40 });
}
