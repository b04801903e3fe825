/** The command palette in a browser. */
import { eventually } from './browser.ts';
import type { Desk } from './desk.ts';

/** Opens it by key. */
export async function open(desk: Desk): Promise<void> {
  await desk.page.keyboard.press('Control+k');
  await desk.get('palette').waitFor();
}

/** It has gone, or will soon. */
export async function isClosed(desk: Desk): Promise<void> {
  await eventually(() => desk.get('palette').count()).toBe(0);
}

/** What its rows say, from the top. */
export const labels = (desk: Desk): Promise<string[]> => desk.page.locator('.commands-label').allTextContents();

/** What stands above the rows. */
export const headings = (desk: Desk): Promise<string[]> => desk.page.locator('.picks-heading').allTextContents();
