/** Which rows of the list React draws anew: asked of React itself, which reports every commit to its developer tools. */
import type { Page } from 'playwright-core';

/** Runs before the page's own scripts. A fibre was drawn in a commit when React's flag "performed work" is set on it. */
const HOOK = `(() => {
  const PERFORMED_WORK = 1;
  const rows = (globalThis.drawnRows = new Set());
  const isRow = (props) => props !== null && typeof props === 'object' && 'threadId' in props && 'isSelected' in props;
  const visit = (fibre) => {
    if ((fibre.flags & PERFORMED_WORK) !== 0 && isRow(fibre.memoizedProps)) rows.add(fibre.memoizedProps.threadId);
    // The same children as before: nothing below was touched.
    if (fibre.alternate !== null && fibre.child === fibre.alternate.child) return;
    for (let child = fibre.child; child !== null; child = child.sibling) visit(child);
  };
  globalThis.__REACT_DEVTOOLS_GLOBAL_HOOK__ = {
    supportsFiber: true,
    inject: () => 1,
    onCommitFiberRoot: (id, root) => visit(root.current),
    onCommitFiberUnmount: () => undefined,
  };
})()`;

/** Begins to watch with the next load of the page. */
export async function watchRows(page: Page): Promise<void> {
  await page.addInitScript(HOOK);
}

/** Ids of the conversations whose rows were drawn since the last call. */
export async function drawnRows(page: Page): Promise<readonly string[]> {
  return await page.evaluate<readonly string[]>(
    'const ids = [...globalThis.drawnRows]; globalThis.drawnRows.clear(); ids',
  );
}
