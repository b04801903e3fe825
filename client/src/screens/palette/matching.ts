/** Finds commands and conversations by what is typed: all words, each of them anywhere, whatever its case and accents. Pure. */
import type { Contact } from '../../../../src/contract/entities.ts';
import { hasNumber, normal } from '../../state/selectors.ts';
import type { InboxState } from '../../sync/model.ts';
import type { Command } from './command.ts';

/** Whoever wants one behind these types more. */
const MOST_OF_GROUP = 20;
const MOST_KNOWN = 8;

const wordsOf = (typed: string): readonly string[] => normal(typed.trim()).split(/\s+/);

/** Whether a comparable text has all words. */
const hasAll = (text: string, words: readonly string[]): boolean => words.every((word) => text.includes(word));

const isTypedBy = ({ deed }: Command, typed: string): boolean => 'types' in deed && deed.types.trim() === typed.trim();

/** The commands to show, at most 20 of a group; without a text those that are always shown. */
export function matchingCommands(commands: readonly Command[], typed: string): readonly Command[] {
  if (typed.trim() === '') return commands.filter(({ isFurther = false }) => !isFurther);
  const words = wordsOf(typed);
  const shown = new Map<string, number>();
  return commands.filter((command) => {
    const { group, label, detail = '' } = command;
    const before = shown.get(group) ?? 0;
    if (before === MOST_OF_GROUP || isTypedBy(command, typed) || !hasAll(normal(`${label} ${detail}`), words))
      return false;
    shown.set(group, before + 1);
    return true;
  });
}

/** A known conversation, with what it is found by. */
export interface Named {
  readonly id: string;
  readonly contact: Contact;
  /** Name and number, comparable. */
  readonly name: string;
}

/** Prepares the known conversations for `threadsNamed`, the latest first. */
export function namedThreads({ order, threads }: InboxState): readonly Named[] {
  return order.flatMap((id) => {
    const contact = threads.get(id)?.contact;
    return contact === undefined
      ? []
      : [{ id, contact, name: normal(`${contact.displayName} ${contact.phone ?? ''}`) }];
  });
}

/** Ids of those whose customer has this name or number, the first eight. */
export function threadsNamed(named: readonly Named[], typed: string): readonly string[] {
  if (typed.trim() === '') return [];
  const words = wordsOf(typed);
  const ids: string[] = [];
  for (const { id, contact, name } of named) {
    if (hasAll(name, words) || hasNumber(contact, typed)) ids.push(id);
    if (ids.length === MOST_KNOWN) break;
  }
  return ids;
}
