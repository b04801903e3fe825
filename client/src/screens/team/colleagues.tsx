/** Everybody in the team: their presence, their load, and what they have open. */
import { useEffect, type ReactNode } from 'react';
import { actions, sameItems, useApp } from '../../state/app.ts';
import { DEFAULT_VIEW } from '../../state/selectors.ts';
import {
  attentionByMember,
  heaviestLoad,
  presenceOf,
  presentSince,
  teamByState,
  type Attention,
} from '../../state/team.ts';
import { shownCount } from '../../sync/counts.ts';
import type { VolatileState } from '../../sync/volatile.ts';
import { Avatar } from '../../components/avatar.tsx';
import { Elapsed } from '../../components/elapsed.tsx';
import { ROLES, STATES } from '../../components/member-words.ts';
import { COLLEAGUES_ID } from './tiles.tsx';

const MOST_SHOWN = 3;
const NOTHING: readonly Attention[] = [];

let last: { readonly viewing: VolatileState['viewing']; readonly found: ReturnType<typeof attentionByMember> } | null =
  null;

/** Computed once for all rows. */
function attentionOf(viewing: VolatileState['viewing'], memberId: string): readonly Attention[] {
  if (last?.viewing !== viewing) last = { viewing, found: attentionByMember(viewing) };
  return last.found.get(memberId) ?? NOTHING;
}

const sameAttention = (a: readonly Attention[], b: readonly Attention[]): boolean =>
  a.length === b.length &&
  a.every(({ threadId, state }, index) => threadId === b[index]?.threadId && state === b[index].state);

function Looking({ threadId, state }: Attention): ReactNode {
  const name = useApp(({ machine }) => machine.inbox.threads.get(threadId)?.contact.displayName);
  const isUnknown = useApp(({ machine }) => machine.isReady && !machine.inbox.threads.has(threadId));
  useEffect(() => {
    if (isUnknown) void actions.learnThread(threadId);
  }, [isUnknown, threadId]);
  return (
    <li className="looking" data-state={state}>
      {state === 'replying' ? 'Replying to ' : 'Looking at '}
      <button
        type="button"
        className="link"
        onClick={() => {
          actions.select(threadId);
        }}
      >
        {name ?? 'a conversation'}
      </button>
    </li>
  );
}

function RightNow({ memberId }: { readonly memberId: string }): ReactNode {
  const open = useApp((state) => attentionOf(state.volatile.viewing, memberId), sameAttention);
  if (open.length === 0) return <span className="faint">–</span>;
  return (
    <ul>
      {open.slice(0, MOST_SHOWN).map((one) => (
        <Looking key={one.threadId} {...one} />
      ))}
      {open.length > MOST_SHOWN ? <li className="faint">and {open.length - MOST_SHOWN} more</li> : null}
    </ul>
  );
}

function State({ memberId }: { readonly memberId: string }): ReactNode {
  const presence = useApp((state) => presenceOf(state, memberId));
  const since = useApp((state) => presentSince(state, memberId));
  return (
    <>
      <span className="member-state" data-state={presence}>
        {STATES[presence]}
      </span>
      {since === null || presence === 'offline' ? null : (
        <span className="faint">
          {' '}
          for <Elapsed since={since} />
        </span>
      )}
    </>
  );
}

function Load({ count }: { readonly count: number }): ReactNode {
  const heaviest = useApp(heaviestLoad);
  const percent = heaviest === 0 ? 0 : Math.round((count / heaviest) * 100);
  return (
    <span className="load">
      <span className="load-figure">{shownCount(count, false)}</span>
      <span className="load-bar" aria-hidden="true">
        <span style={{ width: `${String(percent)}%` }} />
      </span>
    </span>
  );
}

function Row({ memberId }: { readonly memberId: string }): ReactNode {
  const member = useApp((state) => state.machine.inbox.members.get(memberId));
  const presence = useApp((state) => presenceOf(state, memberId));
  const isMe = useApp((state) => state.machine.inbox.me === memberId);
  if (member === undefined) return null;
  const { displayName, role, activeThreads } = member;
  return (
    <tr className="team-row" data-testid="team-member" data-state={presence}>
      <th scope="row">
        <span className="member">
          <Avatar name={displayName} seed={memberId} size="small" presence={presence} />
          <button
            type="button"
            className="member-open"
            title={`What ${displayName} looks after`}
            onClick={() => {
              actions.setView({ ...DEFAULT_VIEW, folder: isMe ? 'mine' : { memberId } });
            }}
          >
            {displayName}
          </button>
          {isMe ? <span className="faint">(you)</span> : null}
        </span>
      </th>
      <td>{ROLES[role]}</td>
      <td>
        <State memberId={memberId} />
      </td>
      <td>
        <Load count={activeThreads} />
      </td>
      <td className="right-now">
        <RightNow memberId={memberId} />
      </td>
    </tr>
  );
}

/** The table of colleagues. */
export function Colleagues(): ReactNode {
  const ids = useApp(teamByState, sameItems);
  return (
    <section className="team-card" aria-labelledby={COLLEAGUES_ID}>
      <header className="team-card-head">
        <h2 id={COLLEAGUES_ID} tabIndex={-1}>
          Colleagues
        </h2>
      </header>
      <table className="team-table">
        <thead>
          <tr>
            <th scope="col">Colleague</th>
            <th scope="col">Role</th>
            <th scope="col">State</th>
            <th scope="col">Open</th>
            <th scope="col">Right now</th>
          </tr>
        </thead>
        <tbody>
          {ids.map((id) => (
            <Row key={id} memberId={id} />
          ))}
        </tbody>
      </table>
      {ids.length > 1 ? null : <p className="team-words">Nobody else is in the team yet.</p>}
    </section>
  );
}
