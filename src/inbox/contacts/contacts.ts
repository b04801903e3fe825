/** Finds or creates the contact behind an address, by the same rules as webhooks. */
import type { ContactId } from '../../contract/ids.ts';
import { matchKey } from '../../lib/phone-match.ts';
import { asJson, type Tx } from '../../platform/postgres.ts';
import type { Recipient } from './recipient.ts';

/**
 * The contact that has this address, created if nobody has it. It keeps its identity until the transaction ends. Locks
 * the address (transaction advisory lock) while nobody has it, so that a first outbound and a first inbound message
 * create one contact; then locks the contact `for key share`, which waits for a merge in progress. First in the lock
 * order. Index: contact_addresses and contacts primary keys.
 */
export async function resolveContact(tx: Tx, tenantId: string, recipient: Recipient): Promise<ContactId> {
  for (;;) {
    const id = await findOrMake(tx, tenantId, recipient);
    const rows = await tx`
      select 1 from contacts where tenant_id = ${tenantId} and id = ${id} and merged_into is null for key share`;
    if (rows.length > 0) return id;
    // Merged meanwhile: its addresses belong to another contact now.
  }
}

async function findOrMake(tx: Tx, tenantId: string, { address, phone }: Recipient): Promise<ContactId> {
  const addresses = [{ ord: 1, type: address.type, value: address.value, key: matchKey(address) }];
  const person = { n: 1, tenant_id: tenantId, name: null, named_at_ms: null, phone, addresses };
  const rows = await tx<{ contacts: ContactId[] }[]>`
    select r.contacts_of as contacts from resolve_contacts(array(
      select p from json_populate_recordset(null::ingest_person, ${asJson(tx, [person])}) p)) r`;
  const id = rows[0]?.contacts[0];
  if (id === undefined) throw new Error('resolve_contacts gave no contact.');
  return id;
}
