/** What webhooks say about templates: approved, rejected, paused, moved to another category, rated. */
import { asName } from '../../lib/loose.ts';
import { asJson, type Sql } from '../../platform/postgres.ts';
import type { InboundEvent, OtherEvent } from '../../providers/inbound.ts';
import { templateStatus } from '../../providers/managing.ts';
import type { TemplateOwner } from './queries.ts';

const KINDS = new Set(['template_status', 'template_category', 'template_quality']);

/** True for the events below. */
export function isTemplateEvent(event: InboundEvent): event is OtherEvent {
  return KINDS.has(event.kind);
}

/** A statement about a template of one number. */
export interface TemplateSaid extends TemplateOwner {
  readonly event: OtherEvent;
}

/**
 * Applies statements about known templates. An unknown one comes with the next sync, which is made due. Locks the
 * upkeep and the templates. Index: primary keys of templates and account_upkeep.
 */
export async function applyTemplateEvents(sql: Sql, said: readonly TemplateSaid[]): Promise<void> {
  await sql`
    with said as materialized (
      select * from json_to_recordset(${asJson(sql, fold(said))}) as j ("tenantId" uuid, "accountId" uuid, name text,
        language text, status text, reason text, category text, quality text)
    ), known as (
      update templates t set
        status = coalesce(s.status, t.status),
        reason = case when s.status is null then t.reason else s.reason end,
        category = coalesce(s.category, t.category),
        quality = coalesce(s.quality, t.quality)
      from said s
      where t.tenant_id = s."tenantId" and t.account_id = s."accountId" and t.name = s.name and t.language = s.language
      returning t.tenant_id, t.account_id, t.name, t.language
    )
    update account_upkeep u set next_sync_at = now()
    from (
      select l.tenant_id, l.account_id from account_upkeep l
      where (l.tenant_id, l.account_id) in (
        select s."tenantId", s."accountId" from said s where not exists (select 1 from known k
          where k.account_id = s."accountId" and k.name = s.name and k.language = s.language))
      order by l.tenant_id, l.account_id for no key update of l) due
    where u.tenant_id = due.tenant_id and u.account_id = due.account_id`;
}

type TemplateChange = TemplateOwner &
  Readonly<Record<'name' | 'language' | 'status' | 'reason' | 'category' | 'quality', string | null>>;

/** One change per template; later statements override earlier ones. */
function fold(said: readonly TemplateSaid[]): TemplateChange[] {
  const changes = new Map<string, TemplateChange>();
  for (const { tenantId, accountId, event } of said) {
    const next = changeOf({ tenantId, accountId }, event);
    const key = JSON.stringify([accountId, next.name, next.language]);
    changes.set(key, over(next, changes.get(key) ?? next));
  }
  return [...changes.values()];
}

/** Combines two changes; a reason belongs to its status. */
function over(next: TemplateChange, last: TemplateChange): TemplateChange {
  const { status, reason } = next.status === null ? last : next;
  return { ...next, status, reason, category: next.category ?? last.category, quality: next.quality ?? last.quality };
}

function changeOf(owner: TemplateOwner, { fields }: OtherEvent): TemplateChange {
  const status = asName(fields['status'], 64);
  return {
    ...owner,
    name: asName(fields['name'], 512),
    language: asName(fields['language'], 32),
    status: status === null ? null : templateStatus(status),
    reason: asName(fields['detail'], 256) ?? asName(fields['reason'], 256),
    category: asName(fields['category'], 64),
    quality: asName(fields['quality'], 64),
  };
}
