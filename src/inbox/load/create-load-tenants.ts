/** Creates businesses for load scripts: many at once, one statement per table. Runs as the owner of the schema. */
import { randomBytes } from 'node:crypto';
import type { AccountId, MemberId, TenantId, UserId } from '../../contract/ids.ts';
import { fingerprint } from '../../lib/hash.ts';
import { uuid7 } from '../../lib/uuid7.ts';
import type { EncryptionKey } from '../../platform/crypto.ts';
import { asJson, type Tx } from '../../platform/postgres.ts';
import { sealCredential } from '../accounts/credentials.ts';
import { insertAudit } from '../audit.ts';
import { NIL_TENANT } from '../ingest/part.ts';

/** How many businesses, and of what size. `run` is 8 hex digits that no earlier run had. */
export interface LoadSize {
  readonly run: string;
  /** Number of the first one; the others follow. */
  readonly first: number;
  readonly tenants: number;
  readonly agents: number;
  readonly accounts: number;
}

/** A created business. Its people have no password: they get tokens. */
export interface MadeTenant {
  readonly tenantId: TenantId;
  readonly slug: string;
  readonly accounts: readonly { readonly accountId: AccountId; readonly externalId: string; readonly secret: string }[];
  readonly agents: readonly { readonly memberId: MemberId; readonly userId: UserId; readonly email: string }[];
}

/**
 * Creates them in the caller's transaction. All names are new, so it waits for nobody. Nothing is logged, because
 * nobody can be connected to a business that does not exist yet.
 */
export async function createLoadTenants(tx: Tx, size: LoadSize, key: EncryptionKey): Promise<MadeTenant[]> {
  const businesses = Array.from({ length: size.tenants }, (_, index) => business(size, size.first + index));
  await insertTenants(tx, businesses);
  await insertPeople(tx, businesses);
  await insertAccounts(tx, businesses, key);
  const { run, ...details } = size;
  const actor = { tenantId: NIL_TENANT, type: 'operator', id: null, correlationId: null } as const;
  await insertAudit(tx, actor, [{ action: 'load.prepared', subjectType: 'load', subjectId: run, details }]);
  return businesses;
}

/** Digits like Meta's ids, but longer than any of them. */
function phoneNumberId(run: string, tenant: number, account: number): string {
  const digits = (value: number, width: number): string => String(value).padStart(width, '0');
  return `9${digits(Number.parseInt(run, 16), 10)}${digits(tenant, 6)}${digits(account, 3)}`;
}

function business(size: LoadSize, number: number): MadeTenant {
  const slug = `load-${size.run}-${String(number)}`;
  return {
    tenantId: uuid7() as TenantId,
    slug,
    accounts: Array.from({ length: size.accounts }, (_, index) => ({
      accountId: uuid7() as AccountId,
      externalId: phoneNumberId(size.run, number, index),
      secret: randomBytes(24).toString('hex'),
    })),
    agents: Array.from({ length: size.agents }, (_, index) => ({
      memberId: uuid7() as MemberId,
      userId: uuid7() as UserId,
      email: `agent-${String(index + 1)}@${slug}.example`,
    })),
  };
}

/** Locks the new rows only. Indexes: tenants_slug_key, tenant_logs primary key. */
async function insertTenants(tx: Tx, businesses: readonly MadeTenant[]): Promise<void> {
  const rows = businesses.map(({ tenantId, slug }) => ({ id: tenantId, slug, name: `Load ${slug}` }));
  await tx`
    with made as (
      insert into tenants (id, slug, name)
      select r.id, r.slug, r.name from json_to_recordset(${asJson(tx, rows)}) as r (id uuid, slug text, name text)
      returning id
    )
    insert into tenant_logs (tenant_id) select id from made`;
}

/** The first of each business is its manager. Locks the new rows only. Indexes: users_email_key, tenant_members_user_key. */
async function insertPeople(tx: Tx, businesses: readonly MadeTenant[]): Promise<void> {
  const rows = businesses.flatMap(({ tenantId, agents }) =>
    agents.map(({ memberId, userId, email }, index) => ({
      tenant_id: tenantId,
      id: memberId,
      user_id: userId,
      email,
      name: `Agent ${String(index + 1)}`,
      role: index === 0 ? 'manager' : 'agent',
    })),
  );
  await tx`
    with given as materialized (
      select * from json_to_recordset(${asJson(tx, rows)})
        as r (tenant_id uuid, id uuid, user_id uuid, email text, name text, role text)
    ), made as (
      insert into users (id, email, display_name) select user_id, email, name from given
    )
    insert into tenant_members (tenant_id, id, user_id, display_name, role)
    select tenant_id, id, user_id, name, role from given`;
}

/** Locks the new rows only. Index: whatsapp_accounts_channel_key. */
async function insertAccounts(tx: Tx, businesses: readonly MadeTenant[], key: EncryptionKey): Promise<void> {
  const rows = businesses.flatMap(({ tenantId, accounts }) =>
    accounts.map(({ accountId, externalId, secret }, index) => ({
      tenant_id: tenantId,
      id: accountId,
      external_id: externalId,
      name: `Number ${String(index + 1)}`,
      secret: sealCredential(secret, key, accountId, 'secret').toString('base64'),
      token: sealCredential('load', key, accountId, 'token').toString('base64'),
      fingerprint: fingerprint(secret),
    })),
  );
  await tx`
    insert into whatsapp_accounts (tenant_id, id, provider, external_id, name, secret_ciphertext, token_ciphertext,
      secret_fingerprints)
    select r.tenant_id, r.id, 'cloud', r.external_id, r.name, decode(r.secret, 'base64'), decode(r.token, 'base64'),
      array[r.fingerprint]
    from json_to_recordset(${asJson(tx, rows)})
      as r (tenant_id uuid, id uuid, external_id text, name text, secret text, token text, fingerprint text)`;
}
