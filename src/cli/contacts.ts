/** `hunfly contact`: exports or erases what is stored about a customer. */
import { InboxError } from '../contract/errors.ts';
import { ContactId, type TenantId } from '../contract/ids.ts';
import type { Erasure } from '../contract/personal-data.ts';
import { insertAudit, type AuditActor } from '../inbox/audit.ts';
import { beginErasure, isConfirmed, selectErasure, selectName } from '../inbox/erasing/begin.ts';
import { logChanges, type LoggedEvent } from '../inbox/event-log.ts';
import { selectExported } from '../inbox/exporting/export-queries.ts';
import { BEGINNING, exportPage, parseCursor, type ExportPlace } from '../inbox/exporting/page.ts';
import { isSending, lockContacts, lockThreadsOf } from '../inbox/merging/queries.ts';
import type { Database, Tx } from '../platform/postgres.ts';
import { required, UsageError, type CliArgs, type CliCommand } from './command.ts';
import { tenantOf } from './tenants.ts';

const text = { type: 'string' } as const;
const PAGE = 100;

function contactOf(args: CliArgs): ContactId {
  const parsed = ContactId.safeParse(required(args, 'contact'));
  if (!parsed.success) throw new UsageError('--contact must be the id of a contact');
  return parsed.data;
}

const operator = (tenantId: TenantId): AuditActor => ({ tenantId, type: 'operator', id: null, correlationId: null });
const notFound = (): InboxError => new InboxError('not_found', 'There is no such contact.');

const contactExport: CliCommand = {
  path: 'contact export',
  usage: '--tenant S --contact ID',
  example: '--tenant acme --contact 0199b1c2-0000-7000-8000-000000000001 > ada.ndjson',
  about:
    'all that is stored of a customer, a JSON document per line on stdout; with --json one with all of them as items',
  options: { tenant: text, contact: text },
  async run(args, context) {
    const contactId = contactOf(args);
    const { id: tenantId } = await tenantOf(args, context);
    const database = context.database();
    await database.transaction('cli.contact_export', async (tx) => {
      if ((await selectExported(tx, tenantId, contactId)) === null) throw notFound();
      await insertAudit(tx, operator(tenantId), [
        { action: 'contact.exported', subjectType: 'contact', subjectId: contactId },
      ]);
    });
    return { json: null, text: '', lines: linesOf(database, { tenantId, contactId }) };
  },
};

/** One transaction per page, so that only one page is in memory at a time. */
async function* linesOf(
  database: Database,
  contact: { readonly tenantId: TenantId; readonly contactId: ContactId },
): AsyncGenerator<string> {
  for (let from: ExportPlace | null = BEGINNING; from !== null;) {
    const place: ExportPlace = from;
    const { items, nextCursor } = await database.transaction('cli.contact_page', (tx) =>
      exportPage(tx, contact, { from: place, limit: PAGE }),
    );
    for (const item of items) yield JSON.stringify(item);
    from = nextCursor === null ? null : parseCursor(nextCursor);
  }
}

const contactErase: CliCommand = {
  path: 'contact erase',
  usage: '--tenant S --contact ID --confirm NAME',
  example: '--tenant acme --contact 0199b1c2-0000-7000-8000-000000000001 --confirm "Ada Example"',
  about: "erases a customer for good; --confirm is the contact's name or id. Asked again, it says how far that is",
  options: { tenant: text, contact: text, confirm: text },
  async run(args, context) {
    const contactId = contactOf(args);
    const confirm = required(args, 'confirm');
    const { id: tenantId } = await tenantOf(args, context);
    const { erasure, logged } = await context
      .database()
      .transaction('cli.contact_erase', (tx) => erase(tx, { tenantId, contactId, confirm }));
    await context.announce(logged);
    return { json: erasure, text: textOf(erasure) };
  },
};

function textOf({ contactId, finishedAt, stage, messages, erasedFullyBy }: Erasure): string {
  if (finishedAt !== null) return `Contact ${contactId} was erased, at ${finishedAt}.`;
  const far = `${String(messages)} messages so far, now: ${stage}`;
  return `Contact ${contactId} is being erased (${far}), fully by ${erasedFullyBy}. Nobody sees anything of it any more.`;
}

async function erase(
  tx: Tx,
  { tenantId, contactId, confirm }: { readonly tenantId: TenantId; readonly contactId: ContactId; confirm: string },
): Promise<{ readonly erasure: Erasure; readonly logged: readonly LoggedEvent[] }> {
  const [held] = await lockContacts(tx, tenantId, [contactId]);
  const known = await selectErasure(tx, tenantId, contactId);
  if (known !== null) return { erasure: known, logged: [] };
  const name = await selectName(tx, tenantId, contactId);
  if (name === null || held?.mergedInto !== null) throw notFound();
  if (!isConfirmed(confirm, { id: contactId, name }))
    throw new UsageError("--confirm must be the contact's name or id");
  const threads = await lockThreadsOf(tx, tenantId, [contactId]);
  const ids = threads.map(({ id }) => id);
  if (await isSending(tx, tenantId, ids))
    throw new InboxError('conflict', 'A message to this contact is being sent. Try again in a moment.');
  const changes = await beginErasure(tx, tenantId, contactId);
  await insertAudit(tx, operator(tenantId), [
    { action: 'contact.erased', subjectType: 'contact', subjectId: contactId },
  ]);
  const erasure = await selectErasure(tx, tenantId, contactId);
  if (erasure === null) throw notFound();
  return { erasure, logged: await logChanges(tx, changes) };
}

/** This group's commands. */
export const contactCommands: readonly CliCommand[] = [contactExport, contactErase];
