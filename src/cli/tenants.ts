/** `hunfly tenant`, `hunfly member`, `hunfly account`, `hunfly token`. */
import { AgentVisibility, ProviderName, Role } from '../contract/entities.ts';
import { InboxError } from '../contract/errors.ts';
import { addAccount } from '../inbox/accounts/admin.ts';
import { addMember, normalEmail, removeMember, setRole } from '../inbox/team/admin.ts';
import { createSessions } from '../inbox/team/session.ts';
import { findUserByEmail } from '../inbox/team/user-queries.ts';
import { createTenant, tenantBySlug, type TenantRow } from '../inbox/tenants/admin.ts';
import { encryptionKey } from '../platform/crypto.ts';
import { choice, optional, required, UsageError, type CliArgs, type CliCommand, type CliContext } from './command.ts';

const text = { type: 'string' } as const;

async function tenantOf(args: CliArgs, context: CliContext): Promise<TenantRow> {
  const slug = required(args, 'tenant');
  return context.database().run('cli.tenant', (sql) => tenantBySlug(sql, slug));
}

const tenantCreate: CliCommand = {
  path: 'tenant create',
  usage: '--slug S --name N [--agent-visibility own|own_and_unassigned|all]',
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

const memberAdd: CliCommand = {
  path: 'member add',
  usage: '--tenant S --email E --name N --role super_admin|tenant_admin|manager|agent --password P',
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

const memberRemove: CliCommand = {
  path: 'member remove',
  usage: '--tenant S --email E',
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

const accountAdd: CliCommand = {
  path: 'account add',
  usage:
    '--tenant S --provider cloud|evolution|twilio --name N --external-id X [--secret S] [--access-token T] ' +
    '[--api-base-url U] [--phone +1555…] [--account-sid AC…]',
  about: 'a WhatsApp number; secrets are stored encrypted',
  options: {
    ...{ tenant: text, provider: text, name: text, 'external-id': text, secret: text, 'access-token': text },
    ...{ 'api-base-url': text, phone: text, 'account-sid': text },
  },
  async run(args, context) {
    const given = {
      provider: choice(args, 'provider', ProviderName.options),
      name: required(args, 'name'),
      externalId: required(args, 'external-id'),
      secret: optional(args, 'secret'),
      accessToken: optional(args, 'access-token'),
      apiBaseUrl: optional(args, 'api-base-url'),
      phone: optional(args, 'phone'),
      accountSid: optional(args, 'account-sid'),
    };
    const { id: tenantId } = await tenantOf(args, context);
    const key = encryptionKey(context.config.encryptionKey);
    const { accountId, logged } = await context
      .database()
      .transaction('cli.account_add', (tx) => addAccount(tx, { ...given, tenantId }, key));
    await context.announce(logged);
    const { provider, externalId } = given;
    return { json: { accountId, tenantId, provider, externalId }, text: `Added ${given.name} (${accountId}).` };
  },
};

const token: CliCommand = {
  path: 'token',
  usage: '--email E [--ttl-s 3600]',
  about: 'a session token, for scripts and load tests',
  options: { email: text, 'ttl-s': text },
  async run(args, context) {
    const email = normalEmail(required(args, 'email'));
    const ttlS = Number(optional(args, 'ttl-s') ?? '3600');
    if (!Number.isInteger(ttlS) || ttlS < 1 || ttlS > 31_536_000) throw new UsageError('--ttl-s must be 1 to 31536000');
    const { config, clock } = context;
    const database = context.database();
    const user = await findUserByEmail(database, email);
    if (user === null) throw new InboxError('not_found', `There is no user ${email}.`);
    const sessions = createSessions({ database, clock, secret: config.appJwtSecret, supabase: config.supabase });
    const issued = sessions.issue(user.id, ttlS * 1000);
    const expiresAt = new Date(issued.expiresAtMs).toISOString();
    return { json: { token: issued.token, expiresAt, userId: user.id }, text: issued.token };
  },
};

/** This group's commands. */
export const tenantCommands: readonly CliCommand[] = [
  tenantCreate,
  memberAdd,
  memberSetRole,
  memberRemove,
  accountAdd,
  token,
];
