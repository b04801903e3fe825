/** Finding or making the contact behind an address, by the rules that webhooks follow. */
import type { ContactId } from '../../contract/ids.ts';
import { matchKey } from '../../lib/phone-match.ts';
import type { Tx } from '../../platform/postgres.ts';
import type { Recipient } from './recipient.ts';

/**
 * The contact that has this address, made if nobody has. Locks the address (transaction advisory lock) while it belongs
 * to nobody, so that a first message going out and one coming in make one contact. First in the lock order.
 * Index: contact_addresses primary key.
 */
export async function resolveContact(tx: Tx, tenantId: string, recipient: Recipient): Promise<ContactId> {
  const { address, phone } = recipient;
  const addresses = [{ ord: 1, type: address.type, value: address.value, key: matchKey(address) }];
  const person = { n: 1, tenant_id: tenantId, name: null, named_at_ms: null, phone, addresses };
  const rows = await tx<{ contacts: ContactId[] }[]>`
    select r.contacts_of as contacts from resolve_contacts(array(
      select p from json_populate_recordset(null::ingest_person, ${tx.json([person])}::json) p)) r`;
  const id = rows[0]?.contacts[0];
  if (id === undefined) throw new Error('resolve_contacts gave no contact.');
  return id;
}
