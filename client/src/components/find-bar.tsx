/** Searches the open conversation: what to find, which hit is shown of how many, and the way to the others. */
import { useEffect, useRef, type KeyboardEvent, type ReactNode } from 'react';
import { actions, useApp } from '../state/app.ts';
import type { Finding } from '../state/finding.ts';
import { isOfComposition } from './composition.ts';
import { Icon } from './icons.tsx';
import { useRedraw } from './use-redraw.ts';

const DELAY_MS = 250;

/** The field that the key for it leads to. */
export const FIND_ID = 'find';

function wordsOf({ query, hits, shownId, next, state }: Finding, isReady: boolean): string {
  if (query.trim() === '') return '';
  if (hits.length > 0) {
    const at = shownId === null ? 0 : hits.indexOf(shownId) + 1;
    return `${at > 0 ? String(at) : '–'} of ${String(hits.length)}${next === null ? '' : '+'}`;
  }
  if (state === 'ready') return 'Nothing found';
  if (!isReady) return 'Not connected';
  return state === 'failed' ? 'Did not come through' : 'Searching …';
}

/** Asks the server when nobody types any more, and again when the connection is back. */
function useRun(query: string): void {
  const isReady = useApp((state) => state.machine.isReady);
  useEffect(() => {
    if (!isReady) return undefined;
    const timer = setTimeout(() => void actions.runFind(), DELAY_MS);
    return () => {
      clearTimeout(timer);
    };
  }, [query, isReady]);
}

/** Without the field, the focus goes back to the conversation. */
function close(): void {
  actions.closeFind();
  document.querySelector<HTMLElement>('.timeline')?.focus();
}

function onKeyDown(event: KeyboardEvent): void {
  if (isOfComposition(event.nativeEvent)) return;
  const steps: Readonly<Record<string, 1 | -1>> = {
    Enter: event.shiftKey ? -1 : 1,
    ArrowUp: 1,
    ArrowDown: -1,
  };
  const step = steps[event.key];
  if (step === undefined) return;
  event.preventDefault();
  actions.stepFind(step);
}

/** From its buttons as well. */
function onEscape(event: KeyboardEvent): void {
  if (event.key !== 'Escape' || isOfComposition(event.nativeEvent)) return;
  event.preventDefault();
  close();
}

function Field({ isAsked }: Pick<Finding, 'isAsked'>): ReactNode {
  const field = useRef<HTMLInputElement>(null);
  const query = useApp((state) => state.finding?.query ?? '');
  const redraw = useRedraw();
  useEffect(() => {
    if (isAsked) field.current?.select();
  }, [isAsked]);
  return (
    <input
      ref={field}
      id={FIND_ID}
      type="text"
      data-testid="find"
      value={query}
      maxLength={200}
      placeholder="Search in this conversation"
      aria-label="Search in this conversation"
      autoComplete="off"
      onChange={(event) => {
        actions.setFind(event.target.value);
        redraw();
      }}
      onKeyDown={onKeyDown}
    />
  );
}

interface StepProps {
  readonly step: 1 | -1;
  readonly isIdle: boolean;
}

function Step({ step, isIdle }: StepProps): ReactNode {
  const words = step === 1 ? 'Earlier hit' : 'Later hit';
  return (
    <button
      type="button"
      className="icon-button"
      data-testid={step === 1 ? 'find-earlier' : 'find-later'}
      aria-label={words}
      title={step === 1 ? `${words} (Enter)` : `${words} (Shift+Enter)`}
      disabled={isIdle}
      onClick={() => {
        actions.stepFind(step);
      }}
    >
      <Icon name={step === 1 ? 'up' : 'down'} size={16} />
    </button>
  );
}

function Open({ finding }: { readonly finding: Finding }): ReactNode {
  const isReady = useApp((state) => state.machine.isReady);
  useRun(finding.query);
  const isIdle = finding.hits.length === 0;
  return (
    <search className="find-bar" data-testid="find-bar" onKeyDown={onEscape}>
      <Icon name="search" size={16} />
      <Field isAsked={finding.isAsked} />
      <span role="status" className="faint" data-testid="find-count">
        {wordsOf(finding, isReady)}
      </span>
      <Step step={1} isIdle={isIdle} />
      <Step step={-1} isIdle={isIdle} />
      <button type="button" className="icon-button" aria-label="Close the search" title="Close (Esc)" onClick={close}>
        <Icon name="close" size={16} />
      </button>
    </search>
  );
}

/** Nothing while no search is open. */
export function FindBar({ threadId }: { readonly threadId: string }): ReactNode {
  const finding = useApp((state) => (state.finding?.threadId === threadId ? state.finding : null));
  return finding === null ? null : <Open finding={finding} />;
}
