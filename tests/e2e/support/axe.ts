/** What a page looks like to screen readers, to tired eyes and in a narrow window. */
import axe from 'axe-core';
import type { Desk } from './desk.ts';

const LOOK = `axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) =>
  violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => id + ': ' + html)))`;

/** Colours change over some frames, even where a person wants no motion; until then a theme is half the other one. */
const SETTLED = `Promise.all(document.getAnimations().filter((one) => one instanceof CSSTransition)
  .map(({ finished }) => finished.catch(() => 'cancelled'))).then(() => true)`;

/** What axe finds wrong on screen, one line each. */
export async function problemsOf(desk: Desk): Promise<readonly string[]> {
  // Once per page; the page's own policy would refuse a script tag.
  if (!(await desk.page.evaluate<boolean>(`'axe' in window`))) await desk.page.evaluate(axe.source);
  await desk.page.evaluate(SETTLED);
  return await desk.page.evaluate<readonly string[]>(LOOK);
}

/** Elements of the open screen or dialog that stick out of the window at its side, by class. */
export const stickingOut = (desk: Desk): Promise<readonly string[]> =>
  desk.page.evaluate(`[...document.querySelectorAll('main *, dialog[open] *')]
    .filter((one) => one.getClientRects().length > 0 && !one.closest('.hidden'))
    .filter((one) => one.getBoundingClientRect().right > innerWidth + 1 || one.getBoundingClientRect().left < -1)
    .map((one) => one.className || one.tagName)`);
