/** What a role may do: the one predicate behind REST, sockets, replay, previews, counts, search, media and SSE. */
import { createHash } from 'node:crypto';
import { AbilityBuilder, createMongoAbility, subject, type ForcedSubject, type MongoAbility } from '@casl/ability';
import { packRules } from '@casl/ability/extra';
import type { AgentVisibility, Role } from '../../contract/entities.ts';

/**
 * What can be done to a subject; `manage` is everything. For reports, one's own figures and plain usage have actions of
 * their own.
 */
export type Action = 'read' | 'read_own' | 'read_usage' | 'write' | 'assign' | 'supervise' | 'manage';

/** The part of a thread that permissions depend on. */
export interface ThreadSubject {
  readonly assigneeId: string | null;
}

type Subjects =
  | 'Thread'
  | (ThreadSubject & ForcedSubject<'Thread'>)
  | 'Team'
  | 'Reports'
  | 'Accounts'
  | 'Members'
  | 'Contacts'
  | 'SavedReplies'
  | 'Settings'
  | 'DeadLetters'
  | 'Platform';

/** Compiled rules of one member; created by `abilityFor` and queried through the functions below. */
export type InboxAbility = MongoAbility<[Action, Subjects]>;

/** The caller's current membership. */
export interface MemberGrant {
  readonly memberId: string;
  readonly role: Role;
  readonly agentVisibility: AgentVisibility;
}

type Builder = AbilityBuilder<InboxAbility>;

/** Role to rules (protocol section 7). A super admin runs the platform and sees no customer threads. */
const GRANTS: Record<Role, (builder: Builder, grant: MemberGrant) => void> = {
  super_admin: ({ can }) => {
    can('manage', 'Platform');
    can('read_usage', 'Reports');
    can('manage', ['Accounts', 'Members', 'Settings', 'DeadLetters']);
  },
  tenant_admin: ({ can }) => {
    can(['read', 'write', 'assign'], 'Thread');
    can('supervise', 'Team');
    can('read', 'Reports');
    can('manage', ['Accounts', 'Members', 'Contacts', 'Settings', 'DeadLetters', 'SavedReplies']);
  },
  manager: ({ can }) => {
    can(['read', 'write', 'assign'], 'Thread');
    can('supervise', 'Team');
    can('read', 'Reports');
    can('manage', 'SavedReplies');
  },
  agent: ({ can }, { memberId, agentVisibility }) => {
    // Does not name the member, so that members with equal rules share an audience room.
    can('read_own', 'Reports');
    if (agentVisibility === 'all') {
      can(['read', 'write'], 'Thread');
      return;
    }
    can(['read', 'write'], 'Thread', { assigneeId: memberId });
    if (agentVisibility === 'own_and_unassigned') can(['read', 'write'], 'Thread', { assigneeId: null });
  },
};

/** Cache of compiled rules by grant. They follow from the grant alone, so any of them may be dropped at any time. */
const compiled = new Map<string, InboxAbility>();
const MAX_COMPILED = 2000;

/** What this member may do now; equal grants share one ability. */
export function abilityFor(grant: MemberGrant): InboxAbility {
  const key = `${grant.role} ${grant.agentVisibility} ${grant.memberId}`;
  let ability = compiled.get(key);
  if (ability === undefined) {
    ability = compile(grant);
    if (compiled.size >= MAX_COMPILED) compiled.clear();
    compiled.set(key, ability);
  }
  return ability;
}

function compile(grant: MemberGrant): InboxAbility {
  const builder = new AbilityBuilder<InboxAbility>(createMongoAbility);
  GRANTS[grant.role](builder, grant);
  return builder.build();
}

/** May the holder of this ability see a thread that is assigned to `assigneeId`? */
export function canSeeThread(ability: InboxAbility, assigneeId: string | null): boolean {
  return ability.can('read', subject('Thread', { assigneeId }));
}

/** May they see any thread at all? Tags, by which customers' threads are sorted, are shown to nobody else. */
export function canSeeSomewhere(ability: InboxAbility): boolean {
  return ability.can('read', 'Thread');
}

/** May they answer in any thread at all? */
export function canWriteSomewhere(ability: InboxAbility): boolean {
  return ability.can('write', 'Thread');
}

/** May they answer the customer, tag, note or close in such a thread? */
export function canWriteThread(ability: InboxAbility, assigneeId: string | null): boolean {
  return ability.can('write', subject('Thread', { assigneeId }));
}

/**
 * May the member move a thread from one assignee to another? Agents may take unassigned threads that they see and
 * release their own; members with `assign` may move any.
 */
export function canAssign(ability: InboxAbility, memberId: string, from: string | null, to: string | null): boolean {
  if (ability.can('assign', subject('Thread', { assigneeId: from }))) return true;
  if (!canSeeThread(ability, from)) return false;
  const takes = to === memberId && (from === null || from === memberId);
  const releases = from === memberId && to === null;
  return takes || releases;
}

/** May they export and erase everything stored about a customer? */
export function canManageContacts(ability: InboxAbility): boolean {
  return ability.can('manage', 'Contacts');
}

/** May they add, change and remove saved replies? Everybody on the team reads them. */
export function canManageSavedReplies(ability: InboxAbility): boolean {
  return ability.can('manage', 'SavedReplies');
}

/** How much of a report they may see: all of the team's, their own figures, usage without people, or nothing. */
export type ReportScope = 'team' | 'own' | 'usage' | 'none';

/** Derived from the rules. */
export function reportScope(ability: InboxAbility): ReportScope {
  if (ability.can('read', 'Reports')) return 'team';
  if (ability.can('read_own', 'Reports')) return 'own';
  return ability.can('read_usage', 'Reports') ? 'usage' : 'none';
}

/** The rules as sent to the client in `ready`, so that it can hide what would be refused. */
export function packedRules(ability: InboxAbility): unknown[] {
  return packRules(ability.rules);
}

const hashes = new WeakMap<InboxAbility, string>();

/** Equal for members with equal rules: they share an audience room. */
export function abilityHash(ability: InboxAbility): string {
  let hash = hashes.get(ability);
  if (hash === undefined) {
    const rules = JSON.stringify(packRules(ability.rules));
    hash = createHash('sha256').update(rules).digest('hex').slice(0, 16);
    hashes.set(ability, hash);
  }
  return hash;
}

/** Which threads an ability can read, for SQL: all, or those of one member and perhaps the unassigned ones. */
export interface ThreadScope {
  readonly all: boolean;
  readonly assigneeIds: readonly string[];
  readonly unassigned: boolean;
}

/** Derives the scope from the compiled rules, so that SQL and memory decide by the same source. */
export function threadScope(ability: InboxAbility): ThreadScope {
  const rules = ability.rulesFor('read', 'Thread').filter((rule) => !rule.inverted);
  const values = rules.flatMap((rule) => (rule.conditions === undefined ? [] : [assigneeOf(rule.conditions)]));
  return {
    all: rules.some((rule) => rule.conditions === undefined),
    assigneeIds: values.filter((value): value is string => typeof value === 'string'),
    unassigned: values.includes(null),
  };
}

function assigneeOf(conditions: unknown): string | null {
  const value = (conditions as { assigneeId?: unknown }).assigneeId;
  if (typeof value === 'string' || value === null) return value;
  throw new Error('a Thread rule must be conditioned on assigneeId alone');
}
