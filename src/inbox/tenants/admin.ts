/** What operators do with tenants. Runs as the owner of the schema. */
import type { AgentVisibility } from '../../contract/entities.ts';
import { InboxError } from '../../contract/errors.ts';
import type { TenantId } from '../../contract/ids.ts';
import { cleanText } from '../../lib/text.ts';
import type { AnySql, Tx } from '../../platform/postgres.ts';
import { insertAudit } from '../audit.ts';
import { logChanges, type LoggedEvent } from '../event-log.ts';
import { invalidField } from '../input.ts';

/** The properties of a new tenant. `slug`: a-z, 0-9 and dashes, at most 63 characters. */
export interface NewTenant {
  readonly slug: string;
  readonly name: string;
  readonly agentVisibility: AgentVisibility;
}

/** A tenant with its id; operators refer to it by its slug. */
export interface TenantRow extends NewTenant {
  readonly id: TenantId;
}

const SLUG = /^[a-z0-9][a-z0-9-]{0,62}$/;

/** Creates a tenant with an empty log. Throws invalid_input, or conflict when the slug is taken. */
export async function createTenant(tx: Tx, tenant: NewTenant): Promise<TenantId> {
  const name = cleanText(tenant.name.trim(), 200);
  if (!SLUG.test(tenant.slug)) throw invalidField('slug', 'must be 1 to 63 characters of a-z, 0-9 and dashes');
  if (name === '') throw invalidField('name', 'must not be empty');
  const rows = await tx<{ id: TenantId }[]>`
    insert into tenants (slug, name, agent_visibility) values (${tenant.slug}, ${name}, ${tenant.agentVisibility})
    on conflict (slug) do nothing returning id`;
  const id = rows[0]?.id;
  if (id === undefined) throw new InboxError('conflict', `There is a tenant ${tenant.slug} already.`);
  await tx`insert into tenant_logs (tenant_id) values (${id})`;
  const actor = { tenantId: id, type: 'operator', id: null, correlationId: null } as const;
  await insertAudit(tx, actor, [{ action: 'tenant.created', subjectType: 'tenant', subjectId: id }]);
  return id;
}

/** Null when there is none. Index: tenants_slug_key. Lock: none. */
export async function findTenant(sql: AnySql, slug: string): Promise<TenantRow | null> {
  const rows = await sql<TenantRow[]>`
    select t.id, t.slug, t.name, t.agent_visibility as "agentVisibility" from tenants t where t.slug = ${slug}`;
  return rows[0] ?? null;
}

/** Throws not_found naming the slug. */
export async function tenantBySlug(sql: AnySql, slug: string): Promise<TenantRow> {
  const tenant = await findTenant(sql, slug);
  if (tenant === null) throw new InboxError('not_found', `There is no tenant ${slug}.`);
  return tenant;
}

/**
 * Sets what agents see of others' conversations from now on, also on live sockets. Logs nothing if it is unchanged.
 * Index: tenants primary key. Locks the tenant, then its log's counter.
 */
export async function setAgentVisibility(
  tx: Tx,
  tenantId: TenantId,
  agentVisibility: AgentVisibility,
): Promise<readonly LoggedEvent[]> {
  const { count } = await tx`
    update tenants set agent_visibility = ${agentVisibility}
    where id = ${tenantId} and agent_visibility <> ${agentVisibility}`;
  if (count === 0) return [];
  const entry = {
    action: 'tenant.visibility_set',
    subjectType: 'tenant',
    subjectId: tenantId,
    details: { agentVisibility },
  };
  await insertAudit(tx, { tenantId, type: 'operator', id: null, correlationId: null }, [entry]);
  return await logChanges(tx, [{ tenantId, type: 'tenant.updated', id: tenantId, threadId: null, before: null }]);
}
