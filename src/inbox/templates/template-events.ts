/** What webhooks say of templates: approved, rejected, paused, moved to another category, rated. */
import { asName } from '../../lib/loose.ts';
import type { Sql } from '../../platform/postgres.ts';
import type { InboundEvent, OtherEvent } from '../../providers/inbound.ts';
import { templateStatus } from '../../providers/managing.ts';
import type { TemplateOwner } from './queries.ts';

const KINDS = new Set(['template_status', 'template_category', 'template_quality']);

/** True for the events below. */
export function isTemplateEvent(event: InboundEvent): event is OtherEvent {
  return KINDS.has(event.kind);
}

/**
 * Takes over what is said of a template that is known; one that is not comes with the next sync, which is made due.
 * Locks the template and the upkeep. Index: primary keys of templates and account_upkeep.
 */
export async function applyTemplateEvent(
  sql: Sql,
  { tenantId, accountId }: TemplateOwner,
  { fields }: OtherEvent,
): Promise<void> {
  const status = asName(fields['status'], 64);
  const { count } = await sql`
    update templates set
      status = coalesce(${status === null ? null : templateStatus(status)}, status),
      reason = case when ${status === null} then reason else ${asName(fields['detail'], 256) ?? asName(fields['reason'], 256)} end,
      category = coalesce(${asName(fields['category'], 64)}, category),
      quality = coalesce(${asName(fields['quality'], 64)}, quality)
    where tenant_id = ${tenantId} and account_id = ${accountId} and name = ${asName(fields['name'], 512)}
      and language = ${asName(fields['language'], 32)}`;
  if (count > 0) return;
  await sql`
    update account_upkeep set next_sync_at = now() where tenant_id = ${tenantId} and account_id = ${accountId}`;
}
