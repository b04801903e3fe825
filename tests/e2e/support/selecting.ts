/** Selecting conversations in the list, and what is said of a change of all that are selected. */
import type { Locator } from 'playwright-core';
import { eventually } from './browser.ts';
import type { Desk } from './desk.ts';
import type { Product } from './product.ts';

/** Has these customers write, the first of them last, and waits until every desk lists them all. */
export async function fillList(product: Product, desks: readonly Desk[], names: readonly string[]): Promise<void> {
  for (const [index, name] of [...names].reverse().entries()) {
    await product.customer(name).writes('Do you deliver?', { agoMs: 60_000 - index * 1000 });
  }
  for (const desk of desks) for (const name of names) await desk.row(name).waitFor();
}

/** The box of a conversation. */
export const box = (desk: Desk, name: string): Locator => desk.page.getByRole('checkbox', { name: `Select ${name}` });

/** How many are selected, as the bar says. */
export const bar = (desk: Desk): Promise<string | null> => desk.get('checked-count').textContent();

export async function select(desk: Desk, ...names: readonly string[]): Promise<void> {
  for (const name of names) await box(desk, name).check();
  await eventually(() => bar(desk)).toContain(`${String(names.length)} selected`);
}

/** The outcome of the latest change contains these words; asked until it does. */
export async function outcome(desk: Desk, words: string): Promise<void> {
  await eventually(() => desk.get('batch-outcome').textContent()).toContain(words);
}

/** Selects none, and leaves the outcome of the latest change. */
export async function leaveSelection(desk: Desk): Promise<void> {
  for (const button of ['uncheck-all', 'batch-close']) {
    if ((await desk.get(button).count()) > 0) await desk.get(button).click();
  }
}
