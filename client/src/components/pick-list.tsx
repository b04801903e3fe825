/** A list to choose from with the keys of a text field. */
import { useEffect, useRef, type ReactNode } from 'react';
import type { Choice } from './use-choice.ts';

/** The element id of an option, for `aria-activedescendant`. */
export const optionId = (listId: string, index: number): string => `${listId}-${String(index)}`;

interface PickListProps<T> {
  readonly choice: Choice<T>;
  readonly label: string;
  /** What Enter does with the chosen one. */
  readonly does: string;
  readonly testId: string;
  readonly nameOf: (item: T) => string;
  readonly draw: (item: T) => ReactNode;
  /** The heading that neighbours share; without it there are no headings. */
  readonly groupOf?: (item: T) => string;
}

interface OptionProps<T> extends Pick<PickListProps<T>, 'choice' | 'testId' | 'draw'> {
  readonly item: T;
  readonly index: number;
}

function Option<T>({ choice, testId, draw, item, index }: OptionProps<T>): ReactNode {
  const option = useRef<HTMLDivElement>(null);
  const isChosen = index === choice.chosen;
  useEffect(() => {
    if (isChosen) option.current?.scrollIntoView({ block: 'nearest' });
  }, [isChosen]);
  return (
    <div
      ref={option}
      id={optionId(choice.listId, index)}
      role="option"
      aria-selected={isChosen}
      data-testid={testId}
      onClick={({ detail }) => {
        // The second click of a double click was meant for the row that was here before.
        if (detail < 2) choice.pick(item);
      }}
    >
      {draw(item)}
    </div>
  );
}

/** Neighbours with the same heading, and the index of the first. */
interface Group<T> {
  readonly name: string;
  readonly from: number;
  readonly items: T[];
}

function groupsOf<T>(items: readonly T[], groupOf: (item: T) => string): readonly Group<T>[] {
  const groups: Group<T>[] = [];
  for (const [index, item] of items.entries()) {
    const name = groupOf(item);
    const last = groups.at(-1);
    if (last?.name === name) last.items.push(item);
    else groups.push({ name, from: index, items: [item] });
  }
  return groups;
}

function Headed({ name, children }: { readonly name: string; readonly children: ReactNode }): ReactNode {
  if (name === '') return children;
  return (
    <div role="group" aria-label={name}>
      <div className="picks-heading" aria-hidden="true">
        {name}
      </div>
      {children}
    </div>
  );
}

/** The attributes of a text field whose keys choose from the list. */
export function listedBy<T>({ listId, items, chosen }: Choice<T>): Readonly<Record<string, string | undefined>> {
  const isOffering = items.length > 0;
  return {
    'aria-autocomplete': 'list',
    'aria-controls': isOffering ? listId : undefined,
    'aria-activedescendant': isOffering ? optionId(listId, chosen) : undefined,
  };
}

/**
 * The list, absent when it is empty. A status text announces the choice too, since not every screen reader follows it
 * while the focus is in the text field.
 */
export function PickList<T extends { readonly id: string }>(props: PickListProps<T>): ReactNode {
  const { choice, label, does, testId, nameOf, draw, groupOf = () => '' } = props;
  const { listId, items, chosen } = choice;
  const item = items[chosen];
  return (
    <>
      <div className="hidden" role="status">
        {item === undefined
          ? ''
          : `${nameOf(item)}, ${String(chosen + 1)} of ${String(items.length)}. Enter ${does}, arrows choose.`}
      </div>
      {items.length === 0 ? null : (
        <div
          id={listId}
          className="picks"
          role="listbox"
          aria-label={label}
          onMouseDown={(event) => {
            // Keep the focus in the text field.
            event.preventDefault();
          }}
        >
          {groupsOf(items, groupOf).map(({ name, from, items: grouped }) => (
            <Headed key={name} name={name}>
              {grouped.map((one, index) => (
                <Option key={one.id} choice={choice} testId={testId} draw={draw} item={one} index={from + index} />
              ))}
            </Headed>
          ))}
        </div>
      )}
    </>
  );
}
