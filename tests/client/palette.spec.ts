/** What the command palette offers to whom, and how it is found. */
import { describe, expect, it } from 'vitest';
import { commandsOf } from '../../client/src/screens/palette/commands.ts';
import type { Command } from '../../client/src/screens/palette/command.ts';
import { matchingCommands, namedThreads, threadsNamed } from '../../client/src/screens/palette/matching.ts';
import { INITIAL_APP, type AppState } from '../../client/src/state/store.ts';
import type { Member, Role, Thread } from '../../src/contract/entities.ts';
import type { SavedReply } from '../../src/contract/saved-replies.ts';
import { aMember, aThread, at, COLLEAGUE, id, inboxOf, ME } from './example.ts';

const NOW = Date.parse(at(0));
const REPLY: SavedReply = {
  id: id('d', 1),
  ...{ shortcut: 'hours', text: 'Dear {{customer.name}}, we open at nine.', version: 1, files: [] },
  ...{ updatedBy: id('p', 1), updatedAt: at(0) },
};

interface Given {
  readonly role?: Role;
  readonly thread?: Partial<Thread>;
  readonly screen?: AppState['ui']['screen'];
}

/** Somebody of this role who has one conversation open, and a colleague named Zoë. */
function stateOf({ role = 'agent', thread = {}, screen = 'inbox' }: Given): AppState {
  const me: Member = { ...aMember(ME), role };
  const zoe: Member = { ...aMember(COLLEAGUE), displayName: 'Zoë' };
  const inbox = {
    ...inboxOf(1, [aThread(1, thread)]),
    members: new Map([me, zoe].map((one) => [one.id as string, one])),
    savedReplies: new Map([[REPLY.id, REPLY]]),
    tags: ['vip', 'late'],
  };
  return {
    ...INITIAL_APP,
    me: { user: null as never, member: me, tenant: null as never },
    machine: { ...INITIAL_APP.machine, phase: 'live', inbox },
    ui: { ...INITIAL_APP.ui, screen, selectedId: id('t', 1) },
  };
}

const labelsOf = (commands: readonly Command[]): readonly string[] => commands.map(({ label }) => label);
const all = (given: Given): readonly string[] => labelsOf(commandsOf(stateOf(given), NOW));
const found = (typed: string, given: Given = {}): readonly string[] =>
  labelsOf(matchingCommands(commandsOf(stateOf(given), NOW), typed));

describe('without a text', () => {
  it('an agent is offered what can be done with the open conversation, and the places of an agent', () => {
    expect(found('')).toEqual([
      ...['Reply', 'Internal note', 'Insert a saved reply …', 'Assign to me', 'Resolve', 'Snooze …', 'Add a tag …'],
      ...['Mark as unread', 'Hide the details', 'New conversation', 'Mine', 'Unassigned', 'All', 'Reports'],
      ...['My state …', 'Theme …', 'Keyboard shortcuts', 'Change password', 'Log out'],
    ]);
  });

  it('leads and administrators are offered more, and whoever runs the platform nothing of customers', () => {
    expect(found('', { role: 'manager' })).toEqual(expect.arrayContaining(['Assign to a colleague …', 'Team']));
    expect(found('', { role: 'manager' })).not.toContain('Members');
    expect(found('', { role: 'tenant_admin' })).toEqual(expect.arrayContaining(['Numbers', 'Members']));
    expect(found('', { role: 'super_admin' })).not.toContain('New conversation');
  });

  it('only what the state of the conversation allows is there', () => {
    const resolved = found('', { thread: { status: 'resolved', assigneeId: ME as never } });
    expect(resolved).toEqual(expect.arrayContaining(['Reopen', 'Assign to nobody']));
    expect(resolved).not.toContain('Resolve');
    expect(resolved).not.toContain('Assign to me');
    expect(found('', { thread: { status: 'pending' } })).toContain('Set to open');
    const last = { id: id('m', 1), direction: 'inbound', kind: 'text', preview: 'Hi', at: at(1), status: 'received' };
    expect(found('')).not.toContain('Mark as read');
    expect(found('', { thread: { unreadCount: 1, lastMessage: last as never } })).toContain('Mark as read');
  });

  it('beside the inbox nothing is done to the conversation, which is not on screen', () => {
    expect(all({ screen: 'reports' })[0]).toBe('New conversation');
    expect(all({ screen: 'reports' })).not.toContain('Next conversation');
  });
});

describe('who may assign', () => {
  const theirs = { assigneeId: COLLEAGUE as never };

  it('agents take what nobody has, and release their own', () => {
    expect(found('assign to')).toEqual(['Assign to me']);
    expect(found('assign to', { thread: theirs })).toEqual([]);
    expect(found('assign to', { thread: { assigneeId: ME as never } })).toEqual(['Assign to nobody']);
  });

  it('leads hand to everybody but who has it', () => {
    expect(found('assign zoe', { role: 'manager' })).toEqual(['Assign to Zoë']);
    expect(found('assign to', { role: 'manager', thread: theirs })).toEqual(['Assign to me', 'Assign to nobody']);
  });
});

describe('what is typed', () => {
  it('is found by all its words, anywhere, whatever their order, case and accents', () => {
    expect(found('TAG add vip')).toEqual(['Add the tag “vip”']);
    expect(found('conv zoe', { role: 'manager' })).toEqual(['Conversations of Zoë']);
    expect(found('tag vip', { thread: { tags: ['vip'] } })).toEqual(['Remove the tag “vip”']);
    expect(found('resolve nonsense')).toEqual([]);
  });

  it('leads on from a command to what it is chosen from, without the command itself', () => {
    expect(found('Theme: ')).toEqual(['Theme: light', 'Theme: dark']);
    expect(found('My state: ')).toEqual(['My state: Away', 'My state: Busy', 'My state: Appear offline']);
    expect(found('snooze for')).toEqual(['Snooze for 1 hour', 'Snooze for 4 hours']);
  });

  it('finds saved replies by their text too, unless the conversation takes only templates', () => {
    expect(found('/')).toEqual(['/hours']);
    expect(found('dear customer 1 nine')).toEqual(['/hours']);
    const closed = stateOf({ thread: { windowExpiresAt: at(-1) } });
    expect(labelsOf(matchingCommands(commandsOf(closed, NOW), '/'))).toEqual([]);
  });

  it('shows at most twenty of a group', () => {
    const state = stateOf({});
    const tags = Array.from({ length: 50 }, (_, index) => `tag ${String(index)}`);
    const many = { ...state, machine: { ...state.machine, inbox: { ...state.machine.inbox, tags } } };
    expect(matchingCommands(commandsOf(many, NOW), 'tag')).toHaveLength(20);
  });
});

it('every command is known by an id of its own', () => {
  const ids = commandsOf(stateOf({ role: 'tenant_admin', thread: { tags: ['vip'] } }), NOW).map((one) => one.id);
  expect(new Set(ids).size).toBe(ids.length);
});

describe('conversations', () => {
  const named = (number: number, displayName: string, phone: string | null = null): Thread =>
    aThread(number, { contact: { ...aThread(number).contact, displayName, phone } });
  const threads = [named(1, 'João Silva', '+351912345678'), named(2, 'Silvana Jo'), named(3, 'Bea')];
  const inbox = namedThreads(inboxOf(1, threads));

  it('are found by name and number, the latest first', () => {
    expect(threadsNamed(inbox, 'silv jo')).toEqual([id('t', 2), id('t', 1)]);
    expect(threadsNamed(inbox, 'silva joao')).toEqual([id('t', 1)]);
    expect(threadsNamed(inbox, '+351 912-345')).toEqual([id('t', 1)]);
    expect(threadsNamed(inbox, '12')).toEqual([id('t', 1)]);
    expect(threadsNamed(inbox, 'nobody')).toEqual([]);
    expect(threadsNamed(inbox, ' ')).toEqual([]);
  });

  it('are eight at most', () => {
    const crowd = Array.from({ length: 30 }, (_, index) => named(index + 1, `Ann ${String(index)}`));
    expect(threadsNamed(namedThreads(inboxOf(1, crowd)), 'ann')).toHaveLength(8);
  });
});
