/** What is shown but never logged: presence, who is viewing, who is typing. Pure. */
import type { Pairing, Presence, Typing, Viewing } from '../../../src/contract/socket.ts';

/** One colleague's state, as presence tells it. */
type PresenceEntry = Presence['members'][number];
/** One colleague who has a thread open. */
type Viewer = Viewing['members'][number];

/** Somebody typing in a thread; `until` is in local milliseconds. */
interface Typist {
  readonly type: 'member' | 'contact';
  readonly id: string;
  readonly until: number;
}

/** What is happening right now; all of it is discarded with the connection. */
export interface VolatileState {
  readonly presence: ReadonlyMap<string, PresenceEntry>;
  readonly viewing: ReadonlyMap<string, readonly Viewer[]>;
  readonly typing: ReadonlyMap<string, readonly Typist[]>;
  /** The code that this window requested to link a phone; it is stored nowhere else. */
  readonly pairing: Pairing | null;
}

export const NOBODY: VolatileState = { presence: new Map(), viewing: new Map(), typing: new Map(), pairing: null };

/** How long a typing mark stays without being renewed. */
const TYPING_MS = 6000;

/** Applies presence; `full` replaces everything known. */
export function applyPresence(state: VolatileState, payload: Presence): VolatileState {
  const presence = new Map(payload.full ? [] : state.presence);
  for (const entry of payload.members) presence.set(entry.memberId, entry);
  return { ...state, presence };
}

/** Applies the viewers of one thread, always the whole list. */
export function applyViewing(state: VolatileState, payload: Viewing): VolatileState {
  const viewing = new Map(state.viewing);
  if (payload.members.length === 0) viewing.delete(payload.threadId);
  else viewing.set(payload.threadId, payload.members);
  return { ...state, viewing };
}

function withTypists(state: VolatileState, threadId: string, typists: readonly Typist[]): VolatileState {
  const typing = new Map(state.typing);
  if (typists.length === 0) typing.delete(threadId);
  else typing.set(threadId, typists);
  return { ...state, typing };
}

/** Applies one typing mark. `leftMs`: how long it is valid by the server's clock. `now`: our own milliseconds. */
export function applyTyping(
  state: VolatileState,
  payload: Typing,
  time: { now: number; leftMs: number },
): VolatileState {
  const others = (state.typing.get(payload.threadId) ?? []).filter((typist) => typist.id !== payload.by.id);
  if (!payload.typing || time.leftMs <= 0) return withTypists(state, payload.threadId, others);
  const until = time.now + Math.min(time.leftMs, TYPING_MS);
  return withTypists(state, payload.threadId, [...others, { type: payload.by.type, id: payload.by.id, until }]);
}

/** Drops expired marks; returns the same object when there are none. */
export function expireTyping(state: VolatileState, now: number): VolatileState {
  let next = state;
  for (const [threadId, typists] of state.typing) {
    const current = typists.filter((typist) => typist.until > now);
    if (current.length !== typists.length) next = withTypists(next, threadId, current);
  }
  return next;
}
