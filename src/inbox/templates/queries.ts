/** Statements over templates. */
import type { Template, TemplateStatus } from '../../contract/templates.ts';
import type { AccountId, TenantId } from '../../contract/ids.ts';
import { asJson, type AnySql, type Tx } from '../../platform/postgres.ts';
import type { CarrierTemplate } from '../../providers/managing.ts';

/** Which account, of which tenant. */
export interface TemplateOwner {
  readonly tenantId: TenantId;
  readonly accountId: AccountId;
}

/** Matches what an agent types against name, title and text. Index: templates primary key. Lock: none. */
export async function selectTemplates(
  sql: AnySql,
  { tenantId, accountId }: TemplateOwner,
  { q, limit }: { readonly q: string; readonly limit: number },
): Promise<Template[]> {
  const rows = await sql<{ template: Template }[]>`
    select (t.content::jsonb || jsonb_build_object('name', t.name, 'language', t.language, 'title', t.title,
      'category', t.category, 'status', t.status, 'reason', t.reason, 'quality', t.quality))::json as template
    from templates t
    where t.tenant_id = ${tenantId} and t.account_id = ${accountId}
      and strpos(lower(t.name || ' ' || t.title || ' ' || (t.content->>'body')), lower(${q})) > 0
    order by t.status <> 'approved', t.title, t.language limit ${limit}`;
  return rows.map(({ template }) => template);
}

/** The status of a template at the carrier, and its text; null when unknown. */
export interface TemplateState {
  readonly status: TemplateStatus;
  readonly title: string;
  readonly reason: string | null;
  readonly body: string;
}

/** Null when it is not known. Index: templates primary key. Lock: none. */
export async function selectTemplateState(
  sql: AnySql,
  { tenantId, accountId }: TemplateOwner,
  { name, language }: { readonly name: string; readonly language: string },
): Promise<TemplateState | null> {
  const rows = await sql<TemplateState[]>`
    select t.status, t.title, t.reason, coalesce(t.content->>'body', '') as body from templates t
    where t.tenant_id = ${tenantId} and t.account_id = ${accountId} and t.name = ${name} and t.language = ${language}`;
  return rows[0] ?? null;
}

/**
 * Makes the table hold exactly these. Locks the account's upkeep, so that two syncs take turns, then the templates in
 * key order. Index: primary keys of account_upkeep and templates.
 */
export async function replaceTemplates(
  tx: Tx,
  { tenantId, accountId }: TemplateOwner,
  templates: readonly CarrierTemplate[],
): Promise<string> {
  const [row] = await tx<{ syncedAt: string }[]>`
    insert into account_upkeep (tenant_id, account_id, templates_synced_at) values (${tenantId}, ${accountId}, now())
    on conflict (tenant_id, account_id) do update set templates_synced_at = now()
    returning iso(templates_synced_at) as "syncedAt"`;
  await tx`
    insert into templates as t (tenant_id, account_id, name, language, provider_id, title, category, status, reason, quality,
      content, synced_at)
    select ${tenantId}, ${accountId}, j.name, j.language, j.provider_id, j.title, j.category, j.status, j.reason, j.quality,
      j.content, now()
    from json_to_recordset(${asJson(tx, templates.map(rowOf))}) as j (name text, language text, provider_id text,
      title text, category text, status text, reason text, quality text, content json)
    order by j.name, j.language
    on conflict (tenant_id, account_id, name, language) do update set
      provider_id = excluded.provider_id, title = excluded.title, category = excluded.category, status = excluded.status,
      reason = excluded.reason, quality = excluded.quality, content = excluded.content, synced_at = excluded.synced_at`;
  await tx`
    delete from templates where tenant_id = ${tenantId} and account_id = ${accountId} and synced_at < now()`;
  if (row === undefined) throw new Error('A sync was not noted.');
  return row.syncedAt;
}

function rowOf(template: CarrierTemplate): Readonly<Record<string, unknown>> {
  const { name, language, providerId, title, category, status, reason, quality, ...content } = template;
  return { name, language, provider_id: providerId, title, category, status, reason, quality, content };
}
