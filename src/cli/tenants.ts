/** The commands `hunfly tenant`, `hunfly member` and `hunfly token`. */
import { AgentVisibility, Role } from '../contract/entities.ts';
import { InboxError } from '../contract/errors.ts';
import {
  addMember,
  giveInitialPassword,
  normalEmail,
  removeMember,
  setPassword,
  setRole,
} from '../inbox/team/admin.ts';
import { createInitialPasswords } from '../inbox/team/initial-password.ts';
import { createSessions } from '../inbox/team/session.ts';
import { findUserByEmail } from '../inbox/team/user-queries.ts';
import { eraseTenant, type TenantErasure } from '../inbox/tenants/erase-tenant.ts';
import { createTenant, setAgentVisibility, tenantBySlug, type TenantRow } from '../inbox/tenants/admin.ts';
import { selectTerm, setTerm, type Term } from '../inbox/tenants/term.ts';
import { postgresClock } from '../platform/shared-clock.ts';
import {
  choice,
  keepDaysOf,
  optional,
  required,
  UsageError,
  type CliArgs,
  type CliCommand,
  type CliContext,
} from './command.ts';

const text = { type: 'string' } as const;
/** Long, because the first step of an erasure ends every membership in one transaction. */
const ERASE_DEADLINE_MS = 60_000;

/** The tenant that `--tenant` names. Throws UsageError, not_found. */
export async function tenantOf(args: CliArgs, context: CliContext): Promise<TenantRow> {
  const slug = required(args, 'tenant');
  return context.database().run('cli.tenant', (sql) => tenantBySlug(sql, slug));
}

const tenantCreate: CliCommand = {
  path: 'tenant create',
  usage: '--slug S --name N [--agent-visibility own|own_and_unassigned|all]',
  example: '--slug acme --name Acme',
  about: 'a new business',
  options: { slug: text, name: text, 'agent-visibility': text },
  async run(args, context) {
    const slug = required(args, 'slug');
    const name = required(args, 'name');
    const given = args.flags['agent-visibility'] !== undefined;
    const agentVisibility = given ? choice(args, 'agent-visibility', AgentVisibility.options) : 'own_and_unassigned';
    const tenantId = await context
      .database()
      .transaction('cli.tenant_create', (tx) => createTenant(tx, { slug, name, agentVisibility }));
    return { json: { tenantId, slug, name, agentVisibility }, text: `Created tenant ${slug} (${tenantId}).` };
  },
};

const tenantSet: CliCommand = {
  path: 'tenant set',
  usage: '--tenant S [--agent-visibility own|own_and_unassigned|all] [--keep-days N|off]',
  example: '--tenant acme --agent-visibility own --keep-days 365',
  about:
    "what agents see of others' conversations; how long a conversation in which nothing happens is kept, from a day later on",
  details:
    'Live sessions follow at once. Without a setting it says what is set. A term is also that of dead letters, and cannot be undone: see docs/operations.md.',
  options: { tenant: text, 'agent-visibility': text, 'keep-days': text },
  async run(args, context) {
    const given = args.flags['agent-visibility'] !== undefined;
    const wanted = given ? choice(args, 'agent-visibility', AgentVisibility.options) : null;
    const keepDays = keepDaysOf(args);
    const { id: tenantId, slug, agentVisibility: visibility } = await tenantOf(args, context);
    const { logged, term } = await context.database().transaction('cli.tenant_set', async (tx) => {
      if (keepDays !== undefined) await setTerm(tx, tenantId, keepDays);
      const changed = wanted === null ? [] : await setAgentVisibility(tx, tenantId, wanted);
      return { logged: changed, term: await selectTerm(tx, tenantId) };
    });
    await context.announce(logged);
    const agentVisibility = wanted ?? visibility;
    return {
      json: { tenantId, agentVisibility, ...term },
      text: `Agents of ${slug} see: ${agentVisibility}.\n${termText(slug, term)}`,
    };
  },
};

function termText(slug: string, { keepDays, actsFrom, over, deadLettersOver }: Term): string {
  if (keepDays === null) return `Conversations of ${slug} are kept until somebody erases them.`;
  const kept = `Conversations of ${slug} go when nothing has happened in them for ${String(keepDays)} days`;
  const letters = `Dead letters go after as many days, ${String(deadLettersOver)} of those that are there now`;
  return `${kept}, from ${String(actsFrom)} on: at most ${String(over)} of those that are there now. ${letters}.`;
}

const tenantErase: CliCommand = {
  path: 'tenant erase',
  usage: '--tenant S --confirm NAME',
  example: '--tenant acme --confirm "Acme Ltd"',
  about:
    "erases a business for good; --confirm is its name. Asked again, also by the business's id, it says how far that is",
  details: 'There is no way back but a backup. Take its webhooks away at the carrier first; see docs/operations.md.',
  options: { tenant: text, confirm: text },
  async run(args, context) {
    const asked = { tenant: required(args, 'tenant'), confirm: optional(args, 'confirm') ?? '' };
    const { erasure, logged } = await context
      .database()
      .transaction('cli.tenant_erase', (tx) => eraseTenant(tx, asked), { deadlineMs: ERASE_DEADLINE_MS });
    await context.announce(logged);
    return { json: erasure, text: erasureText(erasure) };
  },
};

function erasureText({ tenantId, finishedAt, stage, rowsGone }: TenantErasure): string {
  if (finishedAt !== null) return `Tenant ${tenantId} was erased, at ${finishedAt}.`;
  const far = `${String(rowsGone)} rows so far, now: ${stage}`;
  return `Tenant ${tenantId} is being erased (${far}). Nobody is in it any more. Asked by this id, the command says how far it is.`;
}

const memberAdd: CliCommand = {
  path: 'member add',
  usage: '--tenant S --email E --name N --role super_admin|tenant_admin|manager|agent --password P',
  example: '--tenant acme --email ana@acme.example --name Ana --role agent --password hard-to-guess',
  about: 'a person in a tenant; the password may be left out for who has one, or logs in through Supabase',
  options: { tenant: text, email: text, name: text, role: text, password: text },
  async run(args, context) {
    const given = {
      email: required(args, 'email'),
      name: required(args, 'name'),
      password: optional(args, 'password'),
    };
    const role = choice(args, 'role', Role.options);
    const { id: tenantId } = await tenantOf(args, context);
    const { memberId, userId, logged } = await addMember(context.database(), { ...given, tenantId, role });
    await context.announce(logged);
    return { json: { memberId, userId, tenantId, role }, text: `Added ${given.email} as ${role} (${memberId}).` };
  },
};

const memberSetRole: CliCommand = {
  path: 'member set-role',
  usage: '--tenant S --email E --role super_admin|tenant_admin|manager|agent',
  example: '--tenant acme --email ana@acme.example --role manager',
  about: 'changes what a member may do; live sessions follow at once',
  options: { tenant: text, email: text, role: text },
  async run(args, context) {
    const email = required(args, 'email');
    const role = choice(args, 'role', Role.options);
    const { id: tenantId } = await tenantOf(args, context);
    const { memberId, logged } = await setRole(context.database(), { tenantId, email }, role);
    await context.announce(logged);
    return { json: { memberId, tenantId, role }, text: `${email} is ${role} now.` };
  },
};

const memberSetPassword: CliCommand = {
  path: 'member set-password',
  usage: '--email E [--password P]',
  example: '--email ana@acme.example',
  about: 'ends every session of a person; without --password prints an initial one, to be changed at the next login',
  options: { email: text, password: text },
  async run(args, context) {
    const email = required(args, 'email');
    const given = optional(args, 'password');
    const database = context.database();
    const { userId, password, logged } =
      given === null
        ? await giveInitialPassword(database, email, createInitialPasswords(context.config.appJwtSecret))
        : await setPassword(database, email, given);
    await context.announce(logged);
    if (given !== null) return { json: { userId }, text: `${email} has the password that was given.` };
    return { json: { userId, initialPassword: password }, text: password };
  },
};

const memberRemove: CliCommand = {
  path: 'member remove',
  usage: '--tenant S --email E',
  example: '--tenant acme --email ana@acme.example',
  about: 'ends a membership and every live session of it; their conversations become unassigned',
  options: { tenant: text, email: text },
  async run(args, context) {
    const email = required(args, 'email');
    const { id: tenantId } = await tenantOf(args, context);
    const { memberId, logged } = await removeMember(context.database(), { tenantId, email });
    await context.announce(logged);
    return { json: { memberId, tenantId, removed: true }, text: `${email} is no longer a member.` };
  },
};

const token: CliCommand = {
  path: 'token',
  usage: '--email E [--ttl-s 3600]',
  example: '--email ana@acme.example --ttl-s 600',
  about: 'a session token, for scripts and load tests',
  options: { email: text, 'ttl-s': text },
  async run(args, context) {
    const email = normalEmail(required(args, 'email'));
    const ttlS = Number(optional(args, 'ttl-s') ?? '3600');
    if (!Number.isInteger(ttlS) || ttlS < 1 || ttlS > 31_536_000) throw new UsageError('--ttl-s must be 1 to 31536000');
    const { config } = context;
    const database = context.database();
    const clock = await postgresClock(database);
    const user = await findUserByEmail(database, email);
    if (user === null) throw new InboxError('not_found', `There is no user ${email}.`);
    const sessions = createSessions({ database, clock, secret: config.appJwtSecret, supabase: config.supabase });
    const issued = sessions.issue(user.id, ttlS * 1000, user.sessionGeneration);
    const expiresAt = new Date(issued.expiresAtMs).toISOString();
    return { json: { token: issued.token, expiresAt, userId: user.id }, text: issued.token };
  },
};

/** This group's commands. */
export const tenantCommands: readonly CliCommand[] = [
  tenantCreate,
  tenantSet,
  tenantErase,
  memberAdd,
  memberSetRole,
  memberSetPassword,
  memberRemove,
  token,
];
