/** Reads an account's templates from its carrier, on demand and every hour. */
import { InboxError } from '../../contract/errors.ts';
import type { Database } from '../../platform/postgres.ts';
import type { CarrierTemplate } from '../../providers/managing.ts';
import { callable, type CallableAccount, type CarrierDeps } from '../accounts/carrier.ts';
import { assertManager } from '../accounts/list-accounts.ts';
import type { CarrierCommand } from '../command.ts';
import { replaceTemplates, type TemplateOwner } from './queries.ts';

/** `db` is connected as the owner, because templates are written by the system, not by the member. */
export interface SyncDeps extends CarrierDeps {
  readonly db: Database;
}

/** A business has at most 6,000 templates; a page has 100. */
const MAX_PAGES = 60;

/** The result of a sync. `retryAfterMs`: the carrier asks to wait that long. */
export type Synced =
  | { readonly kind: 'synced'; readonly count: number; readonly syncedAt: string }
  | { readonly kind: 'failed'; readonly title: string; readonly retryAfterMs: number | null };

/** Null if the carrier has no templates. Changes nothing unless all pages were read. */
export async function syncTemplates(
  deps: SyncDeps,
  owner: TemplateOwner,
  { provider, credentials }: CallableAccount,
): Promise<Synced | null> {
  if (provider.listTemplates === undefined) return null;
  const found = new Map<string, CarrierTemplate>();
  let page: string | null = null;
  for (let count = 0; count < MAX_PAGES; count += 1) {
    const answer = await provider.listTemplates(deps.http, credentials, page);
    if (answer.kind === 'refused') return { kind: 'failed', title: answer.title, retryAfterMs: null };
    if (answer.kind === 'silent') return { ...answer, kind: 'failed' };
    for (const template of answer.items) found.set(`${template.name} ${template.language}`, template);
    page = answer.next;
    if (page === null) break;
  }
  const syncedAt = await deps.db.transaction('templates.replace', (tx) =>
    replaceTemplates(tx, owner, [...found.values()]),
  );
  return { kind: 'synced', count: found.size, syncedAt };
}

/** Throws forbidden, not_found, unsupported, channel_down, and unavailable with the carrier's reason. */
export function syncCommand(deps: SyncDeps): CarrierCommand<'template:sync'> {
  return {
    name: 'template:sync',
    access: 'carrier',
    allow: (context) => {
      assertManager(context);
    },
    ask: async ({ tenantId }, { accountId }) => {
      const synced = await syncTemplates(deps, { tenantId, accountId }, await callable(deps, tenantId, accountId));
      if (synced === null) throw new InboxError('unsupported', 'Numbers of this carrier have no templates.');
      if (synced.kind === 'failed') throw new InboxError('unavailable', synced.title);
      return { data: { count: synced.count, syncedAt: synced.syncedAt } };
    },
  };
}
