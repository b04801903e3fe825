/** The demo tenant: a small business with two numbers and four people. Safe to repeat. */
import { createHmac } from 'node:crypto';
import type { Role } from '../contract/entities.ts';
import { InboxError } from '../contract/errors.ts';
import type { TenantId } from '../contract/ids.ts';
import { addAccount } from '../inbox/accounts/admin.ts';
import type { LoggedEvent } from '../inbox/event-log.ts';
import { addMember, setPassword } from '../inbox/team/admin.ts';
import { createTenant, findTenant } from '../inbox/tenants/admin.ts';
import { encryptionKey } from '../platform/crypto.ts';
import { DEMO_ACCOUNTS } from '../providers/simulator/demo-accounts.ts';
import type { CliContext } from './command.ts';

/** What a person needs to log in to the demo. */
export interface DemoLogin {
  readonly email: string;
  readonly password: string;
  readonly role: Role;
}

const SLUG = 'demo';
const NAME = 'Acme & Daughters';
const PEOPLE: readonly { readonly email: string; readonly name: string; readonly role: Role }[] = [
  { email: 'admin@demo.test', name: 'Adele Admin', role: 'tenant_admin' },
  { email: 'lead@demo.test', name: 'Lena Lead', role: 'manager' },
  { email: 'ana@demo.test', name: 'Ana Prado', role: 'agent' },
  { email: 'bruno@demo.test', name: 'Bruno Keller', role: 'agent' },
];

/** Different for every installation, but the same every time an installation starts. */
function passwordOf(email: string, secret: string): string {
  const digest = createHmac('sha256', secret).update(`demo-login/${email}`).digest('hex');
  return `demo-${digest.slice(0, 12)}`;
}

/** Creates what is missing and sets the passwords; what people did in the demo stays. */
export async function seedDemo(context: CliContext): Promise<DemoLogin[]> {
  const database = context.database();
  const tenantId = await demoTenant(context);
  const logged: LoggedEvent[] = [];
  for (const account of DEMO_ACCOUNTS) logged.push(...(await demoAccount(context, tenantId, account)));
  const logins = PEOPLE.map(({ email, role }) => ({
    email,
    password: passwordOf(email, context.config.appJwtSecret),
    role,
  }));
  for (const person of PEOPLE) {
    const password = passwordOf(person.email, context.config.appJwtSecret);
    const added = await unlessThere(() => addMember(database, { tenantId, ...person, password }));
    const { logged: told } = added ?? (await setPassword(database, person.email, password));
    logged.push(...told);
  }
  await context.announce(logged);
  return logins;
}

async function demoTenant(context: CliContext): Promise<TenantId> {
  const database = context.database();
  const found = await database.run('demo.tenant', (sql) => findTenant(sql, SLUG));
  if (found !== null) return found.id;
  const tenant = { slug: SLUG, name: NAME, agentVisibility: 'own_and_unassigned' } as const;
  return database.transaction('demo.create', (tx) => createTenant(tx, tenant));
}

/** Has no API address of its own, so the installation's simulator is called. */
async function demoAccount(
  context: CliContext,
  tenantId: TenantId,
  account: (typeof DEMO_ACCOUNTS)[number],
): Promise<readonly LoggedEvent[]> {
  const { provider, channel, name, phone, accessToken } = account;
  const given = { tenantId, provider, name, externalId: channel, secret: null, accessToken };
  const rest = { apiBaseUrl: null, phone: `+${phone}`, accountSid: null };
  const key = encryptionKey(context.config.encryptionKeys[0]);
  const added = await unlessThere(() =>
    context.database().transaction('demo.account', (tx) => addAccount(tx, { ...given, ...rest }, key)),
  );
  return added?.logged ?? [];
}

async function unlessThere<T>(make: () => Promise<T>): Promise<T | null> {
  try {
    return await make();
  } catch (error) {
    if (error instanceof InboxError && error.code === 'conflict') return null;
    throw error;
  }
}
