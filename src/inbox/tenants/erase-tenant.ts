/**
 * The first step of erasing a business: once it commits, it has no members, and its numbers neither receive nor send.
 */
import { InboxError } from '../../contract/errors.ts';
import { TenantId, type MemberId } from '../../contract/ids.ts';
import type { Tx } from '../../platform/postgres.ts';
import { logChanges, type Change, type LoggedEvent } from '../event-log.ts';
import { invalidField } from '../input.ts';
import { memberChanged } from '../team/member-writes.ts';

/** Progress of an erasure. */
export interface TenantErasure {
  readonly tenantId: TenantId;
  readonly requestedAt: string;
  /** Null while it is in progress. */
  readonly finishedAt: string | null;
  /** What is being erased now. */
  readonly stage: string;
  readonly rowsGone: number;
}

/** `tenant`: slug or id; once the erasure has finished, only the id works. `confirm`: the name of the business. */
export interface TenantToErase {
  readonly tenant: string;
  readonly confirm: string;
}

/**
 * Begins an erasure, or returns the progress of one that has begun. The caller publishes `logged` as a hint after the
 * commit. The slug is free at once. Locks the tenant, its members and its numbers. Throws not_found, invalid_input if
 * `confirm` is not the name, and conflict if a business that is being erased had the same slug.
 */
export async function eraseTenant(
  tx: Tx,
  { tenant, confirm }: TenantToErase,
): Promise<{ readonly erasure: TenantErasure; readonly logged: readonly LoggedEvent[] }> {
  const held = await lockTenant(tx, tenant);
  const known = await selectErasure(tx, held?.id ?? tenant);
  if (known !== null) return { erasure: known, logged: [] };
  if (held === null) throw new InboxError('not_found', `There is no tenant ${tenant}.`);
  const { id, name } = held;
  await assertOnlyOne(tx, tenant, id);
  if (confirm.trim() !== name.trim()) throw invalidField('confirm', `must be the name of the business: "${name}"`);
  await giveUpSlug(tx, id);
  const logged = await logChanges(tx, await closeTenant(tx, id));
  const begun = await selectErasure(tx, id);
  if (begun === null) throw new Error('An erasure that was begun has gone.');
  return { erasure: begun, logged };
}

/**
 * A slug may stand for a business that is being erased and for a new one. If both have the same name, `confirm` does
 * not protect the new one from somebody who only asks about the other's progress. Reads the table, which is small.
 * Lock: none.
 */
async function assertOnlyOne(tx: Tx, tenant: string, id: TenantId): Promise<void> {
  const [before] = await tx<{ id: TenantId }[]>`
    select tenant_id as id from tenant_erasures where slug = ${tenant} and finished_at is null limit 1`;
  if (before === undefined) return;
  const either = `${before.id}, which is being erased, and ${id}, which is not`;
  throw new InboxError('conflict', `The slug ${tenant} means ${either}: name the one you mean by its id.`);
}

interface Held {
  readonly id: TenantId;
  readonly name: string;
}

/**
 * Finds it by slug, else by id. Indexes: tenants_slug_key, tenants primary key. Locks the row `for update`, which waits
 * for transactions that are adding a member or a number.
 */
async function lockTenant(tx: Tx, tenant: string): Promise<Held | null> {
  const [bySlug] = await tx<Held[]>`select id, name from tenants where slug = ${tenant} for update`;
  const id = TenantId.safeParse(tenant);
  if (bySlug !== undefined || !id.success) return bySlug ?? null;
  const [byId] = await tx<Held[]>`select id, name from tenants where id = ${id.data} for update`;
  return byId ?? null;
}

/** The caller holds the tenant. Index: tenants primary key. */
async function giveUpSlug(tx: Tx, tenantId: TenantId): Promise<void> {
  await tx`insert into tenant_erasures (tenant_id, slug) select id, slug from tenants where id = ${tenantId}`;
  await tx`update tenants set slug = 'erased-' || id where id = ${tenantId}`;
}

interface ErasureRow extends Omit<TenantErasure, 'requestedAt' | 'finishedAt'> {
  readonly requestedAt: Date;
  readonly finishedAt: Date | null;
}

/** By id, or by the slug it had. Null if no erasure was requested. Reads the table, which is small. Lock: none. */
async function selectErasure(tx: Tx, tenant: string): Promise<TenantErasure | null> {
  const [row] = await tx<ErasureRow[]>`
    select tenant_id as "tenantId", requested_at as "requestedAt", finished_at as "finishedAt", stage,
      rows_gone as "rowsGone"
    from tenant_erasures where tenant_id::text = ${tenant} or slug = ${tenant} order by requested_at desc limit 1`;
  if (row === undefined) return null;
  const { requestedAt, finishedAt } = row;
  return { ...row, requestedAt: requestedAt.toISOString(), finishedAt: finishedAt?.toISOString() ?? null };
}

/**
 * Ends every membership and disables every number. Returns the changes to log, which end live sessions. Indexes:
 * primary keys of tenant_members and whatsapp_accounts. Locks the rows it changes, in the order of their ids.
 */
export async function closeTenant(tx: Tx, tenantId: TenantId): Promise<Change[]> {
  const members = await tx<{ memberId: MemberId }[]>`
    with locked as materialized (
      select m.id from tenant_members m where m.tenant_id = ${tenantId} and m.removed_at is null
      order by m.id for no key update)
    update tenant_members m set removed_at = now(), version = m.version + 1
    from locked where m.tenant_id = ${tenantId} and m.id = locked.id
    returning m.id as "memberId"`;
  await tx`
    with locked as materialized (
      select a.id from whatsapp_accounts a where a.tenant_id = ${tenantId} and a.disabled_at is null
      order by a.id for no key update)
    update whatsapp_accounts a set disabled_at = now(), version = a.version + 1
    from locked where a.tenant_id = ${tenantId} and a.id = locked.id`;
  return members.map(({ memberId }) => memberChanged({ tenantId, memberId }));
}
