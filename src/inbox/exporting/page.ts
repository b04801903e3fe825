/** A page of an export: what is left of one source, then records of the following ones. */
import type { ContactId, TenantId } from '../../contract/ids.ts';
import type { ExportRecord } from '../../contract/personal-data.ts';
import type { Tx } from '../../platform/postgres.ts';
import { SOURCE_NAMES, SOURCES, type SourceName } from './export-queries.ts';

/** The position of an export: in which source, after which of its keys. */
export interface ExportPlace {
  readonly source: SourceName;
  readonly after: string;
}

/** The format of a cursor: its source, `:`, an id, and perhaps a message's position. */
const CURSOR = /^([a-z]+):((?:all|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})?(?:\|[0-9a-z-]{1,140})?)$/;

export const BEGINNING: ExportPlace = { source: 'contact', after: '' };

/** Null for a cursor that no page returned. */
export function parseCursor(text: string): ExportPlace | null {
  const [, name, after = ''] = CURSOR.exec(text) ?? [];
  const source = SOURCE_NAMES.find((one) => one === name);
  return source === undefined || (source !== 'contact' && after === 'all') ? null : { source, after };
}

/** At most `limit` records; a null cursor means there are no more. */
export async function exportPage(
  tx: Tx,
  contact: { readonly tenantId: TenantId; readonly contactId: ContactId },
  { from, limit }: { readonly from: ExportPlace; readonly limit: number },
): Promise<{ readonly items: ExportRecord[]; readonly nextCursor: string | null }> {
  const items: ExportRecord[] = [];
  let { after } = from;
  for (const source of SOURCE_NAMES.slice(SOURCE_NAMES.indexOf(from.source))) {
    const wanted = { ...contact, after, limit: limit - items.length };
    const found = await SOURCES[source](tx, wanted);
    items.push(...found.map(({ record }) => record));
    after = found.at(-1)?.key ?? after;
    if (items.length >= limit) return { items, nextCursor: `${source}:${after}` };
    after = '';
  }
  return { items, nextCursor: null };
}
