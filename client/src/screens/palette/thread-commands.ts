/** What can be done with the open conversation. Pure. */
import type { Member, Thread } from '../../../../src/contract/entities.ts';
import { composerPort } from '../../components/composer/composer-port.ts';
import { filled, greetedAs } from '../../components/composer/saved-reply.ts';
import { snoozePresets } from '../../components/snooze.ts';
import { hasNothingToMark } from '../../state/reading.ts';
import { mayAssign, shownScreen } from '../../state/role.ts';
import { windowOf } from '../../state/selectors.ts';
import type { AppState } from '../../state/store.ts';
import { commandsUnder, FURTHER, type Command, type CommandActions } from './command.ts';

/** The state, the conversation that it shows, and the time on the server in milliseconds. */
interface Context {
  readonly state: AppState;
  readonly thread: Thread;
  readonly now: number;
}

const { byKey, types, acts } = commandsUnder('This conversation');

/** A saved reply cannot be sent when only a template can. */
function savedReplies({ state, thread, now }: Context): readonly Command[] {
  const { accounts, members, me, savedReplies: replies } = state.machine.inbox;
  const isClosed = windowOf(thread, accounts.get(thread.accountId), now).level === 'closed';
  if (isClosed || replies.size === 0) return [];
  const agent = members.get(me ?? '');
  const filling = { 'customer.name': greetedAs(thread.contact), 'agent.name': agent?.displayName ?? '' };
  const insertable = Array.from(replies.values(), (reply) => {
    const insert = (): void => composerPort.current?.insert(reply, filling);
    return acts(insert, 'bolt', `/${reply.shortcut}`, { ...FURTHER, detail: filled(reply.text, filling) });
  });
  return [types('/', 'bolt', 'Insert a saved reply …'), ...insertable.sort((a, b) => a.label.localeCompare(b.label))];
}

/** Members who can be handed the conversation now, by name. */
function takers({ state, thread }: Context): readonly Member[] {
  const { members, me } = state.machine.inbox;
  return [...members.values()]
    .filter(({ id, role }) => id !== me && id !== thread.assigneeId && role !== 'super_admin')
    .filter(({ id }) => mayAssign(state, thread.assigneeId, id))
    .sort((a, b) => a.displayName.localeCompare(b.displayName));
}

function assigning(context: Context): readonly Command[] {
  const { state, thread } = context;
  const { me } = state.machine.inbox;
  const { id, assigneeId } = thread;
  const others = takers(context);
  return [
    ...(assigneeId !== me && mayAssign(state, assigneeId, me) ? [byKey('i', 'user', 'Assign to me')] : []),
    ...(others.length > 0 ? [types('Assign to ', 'users', 'Assign to a colleague …')] : []),
    ...others.map((member) =>
      acts((actions) => actions.assign(id, member.id), 'users', `Assign to ${member.displayName}`, FURTHER),
    ),
    ...(assigneeId !== null && mayAssign(state, assigneeId, null)
      ? [acts((actions) => actions.assign(id, null), 'close', 'Assign to nobody')]
      : []),
  ];
}

const beginLow = (label: string): string => label.charAt(0).toLowerCase() + label.slice(1);

function closing({ thread: { id, status }, now }: Context): readonly Command[] {
  const isResolved = status === 'resolved';
  return [
    ...(isResolved
      ? [acts((actions) => actions.setStatus(id, 'open'), 'retry', 'Reopen')]
      : [byKey('e', 'check', 'Resolve'), byKey('E', 'check', 'Resolve and go to the next', FURTHER)]),
    ...(isResolved || status === 'open'
      ? []
      : [acts((actions) => actions.setStatus(id, 'open'), 'inbox', 'Set to open')]),
    ...(status === 'pending'
      ? []
      : [acts((actions) => actions.setStatus(id, 'pending'), 'clock', 'Set to pending', FURTHER)]),
    byKey('z', 'clock', 'Snooze …'),
    ...snoozePresets(now).map(({ label, until }) => {
      const snooze = (actions: CommandActions): boolean =>
        actions.setStatus(id, 'snoozed', new Date(until).toISOString());
      return acts(snooze, 'clock', `Snooze ${beginLow(label)}`, FURTHER);
    }),
  ];
}

function tagging({ state, thread: { id, tags } }: Context): readonly Command[] {
  const others = state.machine.inbox.tags.filter((tag) => !tags.includes(tag));
  return [
    byKey('t', 'tag', 'Add a tag …'),
    ...others.map((tag) =>
      acts((actions) => actions.setTags(id, { add: [tag] }), 'tag', `Add the tag “${tag}”`, FURTHER),
    ),
    ...tags.map((tag) =>
      acts((actions) => actions.setTags(id, { remove: [tag] }), 'tag', `Remove the tag “${tag}”`, FURTHER),
    ),
  ];
}

function reading({ state, thread: { id, accountId, unreadCount, lastMessage } }: Context): readonly Command[] {
  if (unreadCount === 0 || lastMessage === null) return [];
  const receipt = state.machine.inbox.accounts.get(accountId)?.capabilities?.readReceipts === true;
  return [
    acts(
      (actions) => {
        actions.markRead(id, lastMessage.id, receipt);
      },
      'eye',
      'Mark as read',
    ),
  ];
}

function allOf(context: Context): readonly Command[] {
  const { state, thread } = context;
  const { ui, machine } = state;
  return [
    byKey('r', 'reply', 'Reply'),
    byKey('n', 'note', 'Internal note'),
    ...savedReplies(context),
    ...assigning(context),
    ...closing(context),
    ...tagging(context),
    ...reading(context),
    ...(hasNothingToMark(machine.inbox.timelines.get(thread.id)) ? [] : [byKey('u', 'unread', 'Mark as unread')]),
    byKey('x', 'check', 'Select for a change of several', FURTHER),
    byKey(']', 'panel', ui.isDetailsOpen ? 'Hide the details' : 'Show the details'),
  ];
}

/** The conversation on screen. */
function openThread(state: AppState): Thread | undefined {
  const { selectedId } = state.ui;
  return selectedId === null || shownScreen(state) !== 'inbox'
    ? undefined
    : state.machine.inbox.threads.get(selectedId);
}

/** Whether what it is done to is still what is on screen. */
export const isStillMeant = ({ aboutId }: Command, state: AppState): boolean =>
  aboutId === undefined || aboutId === openThread(state)?.id;

/** Nothing while another screen than the inbox is shown, or no conversation. */
export function threadCommands(state: AppState, now: number): readonly Command[] {
  const thread = openThread(state);
  return thread === undefined ? [] : allOf({ state, thread, now }).map((one) => ({ ...one, aboutId: thread.id }));
}
