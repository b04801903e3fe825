/** The filters of the list and of a search. */
import type { ReactNode } from 'react';
import { actions, sameItems, useApp } from '../state/app.ts';
import { isLead } from '../state/role.ts';
import type { Folder, Scope, View } from '../state/selectors.ts';

type Choice<V extends string> = readonly [value: V, label: string];

const STATUSES: readonly Choice<View['status']>[] = [
  ['active', 'Active'],
  ['open', 'Open'],
  ['pending', 'Pending'],
  ['snoozed', 'Snoozed'],
  ['resolved', 'Resolved'],
];

interface ChoiceProps<V extends string> {
  readonly label: string;
  readonly testId: string;
  readonly value: V;
  readonly choices: readonly Choice<V>[];
  readonly onChange: (value: V) => void;
}

function ChoiceField<V extends string>({ label, testId, value, choices, onChange }: ChoiceProps<V>): ReactNode {
  return (
    <label>
      <span>{label}</span>
      <select
        value={value}
        data-testid={testId}
        onChange={(event) => {
          onChange(event.target.value as V);
        }}
      >
        {choices.map(([choice, words]) => (
          <option key={choice} value={choice}>
            {words}
          </option>
        ))}
      </select>
    </label>
  );
}

interface Narrowing<S extends Scope['status']> extends Omit<Scope, 'folder'> {
  readonly status: S;
}

interface NarrowProps<S extends Scope['status']> {
  readonly label: string;
  readonly value: Narrowing<S>;
  readonly statuses: readonly Choice<S>[];
  readonly onChange: (change: Partial<Narrowing<S>>) => void;
  readonly children?: ReactNode;
}

function Narrow<S extends Scope['status']>({ label, value, statuses, onChange, children }: NarrowProps<S>): ReactNode {
  const tags = useApp((state) => state.machine.inbox.tags);
  const accounts = useApp((state) => [...state.machine.inbox.accounts.values()], sameItems);
  const any = ['', 'Any'] as const;
  return (
    <fieldset className={children === undefined ? 'narrow' : 'narrow narrow-search'} aria-label={label}>
      {children}
      <ChoiceField
        label="Status"
        testId="filter-status"
        value={value.status}
        choices={statuses}
        onChange={(status) => {
          onChange({ status });
        }}
      />
      <ChoiceField
        label="Tag"
        testId="filter-tag"
        value={value.tag ?? ''}
        choices={[any, ...tags.map((tag) => [tag, tag] as const)]}
        onChange={(tag) => {
          onChange({ tag: tag || null });
        }}
      />
      <ChoiceField
        label="Number"
        testId="filter-account"
        value={value.accountId ?? ''}
        choices={[any, ...accounts.map(({ id, name }) => [id, name] as const)]}
        onChange={(accountId) => {
          onChange({ accountId: accountId || null });
        }}
      />
      <label className="check">
        <input
          type="checkbox"
          checked={value.unread}
          data-testid="filter-unread"
          onChange={(event) => {
            onChange({ unread: event.target.checked });
          }}
        />
        Unread only
      </label>
    </fieldset>
  );
}

/** Filters for the open folder's list. */
export function NarrowList({ view }: { readonly view: View }): ReactNode {
  return <Narrow label="Narrow the list" value={view} statuses={STATUSES} onChange={actions.setView} />;
}

/** Filter by assignee. Colleagues are offered only to managers and administrators. */
function Assigned({ folder }: { readonly folder: Folder }): ReactNode {
  const colleagues = useApp((state) => {
    const others = [...state.machine.inbox.members.values()].filter(({ id }) => id !== state.machine.inbox.me);
    return isLead(state) ? others.sort((a, b) => a.displayName.localeCompare(b.displayName)) : [];
  }, sameItems);
  const own = { all: 'all', mine: 'mine', unassigned: 'unassigned' } as const;
  return (
    <ChoiceField
      label="Assigned to"
      testId="filter-assigned"
      value={typeof folder === 'string' ? folder : folder.memberId}
      choices={[
        ['all', 'Anybody'],
        ['mine', 'Me'],
        ['unassigned', 'Nobody'],
        ...colleagues.map(({ id, displayName }) => [id, displayName] as const),
      ]}
      onChange={(value: string) => {
        actions.narrowSearch({ folder: value in own ? own[value as keyof typeof own] : { memberId: value } });
      }}
    />
  );
}

/** Filters for the search. */
export function NarrowSearch(): ReactNode {
  const scope = useApp((state) => state.ui.scope);
  return (
    <Narrow
      label="Narrow the search"
      value={scope}
      statuses={[['any', 'Any'], ...STATUSES]}
      onChange={actions.narrowSearch}
    >
      <Assigned folder={scope.folder} />
    </Narrow>
  );
}
