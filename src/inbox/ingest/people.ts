/** Groups the identities of a batch into persons: parties that share an address are one person. */
import type { Address } from '../../contract/entities.ts';
import type { AccountId, TenantId } from '../../contract/ids.ts';
import { matchKey } from '../../lib/phone-match.ts';
import type { Party } from '../../providers/inbound.ts';

interface PersonAddress extends Address {
  readonly ord: number;
  readonly key: string;
  /** A new address of the person: not used to find them, and added only if nobody has it. */
  readonly link: boolean;
}

/** A person as `ingest_batch` takes it; numbers are 1-based positions. */
export interface PersonRow {
  readonly n: number;
  readonly tenant_id: TenantId;
  readonly name: string | null;
  readonly named_at_ms: number | null;
  readonly phone: string | null;
  /** The number they changed to. */
  readonly new_phone: string | null;
  readonly consent: Consent | null;
  readonly consent_at_ms: number | null;
  /** True: not created as a contact, because they were only mentioned. */
  readonly known_only: boolean;
  readonly addresses: readonly PersonAddress[];
}

/** What a customer said about marketing messages. */
export type Consent = 'granted' | 'withdrawn';

/** How an item mentions a person. */
export interface Mention {
  readonly atMs: number;
  /** The person is only mentioned, which does not create a contact. */
  readonly knownOnly?: boolean;
}

/** A person on one account: their thread. */
export interface PartyRow {
  readonly n: number;
  readonly tenant_id: TenantId;
  readonly account_id: AccountId;
  readonly person: number;
}

interface Person {
  readonly tenantId: TenantId;
  readonly addresses: Map<string, Address>;
  readonly links: Map<string, Address>;
  name: string | null;
  namedAtMs: number;
  consent: Consent | null;
  consentAtMs: number;
  knownOnly: boolean;
}

function newPerson(tenantId: TenantId): Person {
  const nothing = { name: null, namedAtMs: -1, consent: null, consentAtMs: -1, knownOnly: true };
  return { tenantId, addresses: new Map(), links: new Map(), ...nothing };
}

/** The digits of the first phone-like address as E.164, or null. A LID or BSUID is never turned into a number. */
export function phoneOf(addresses: readonly Address[]): string | null {
  const phone = addresses.find((address) => address.type === 'wa_id');
  return phone !== undefined && /^[0-9]{5,18}$/.test(phone.value) ? `+${phone.value}` : null;
}

/**
 * Collects parties while a batch is mapped. `person` and `party` return handles that are resolved to numbers at the
 * end, because a later item may show that two persons are one (a number and a LID seen separately, then together).
 */
export class People {
  readonly #byKey = new Map<string, Person>();
  readonly #replaced = new Map<Person, Person>();
  readonly #parties: { readonly tenantId: TenantId; readonly accountId: AccountId; readonly person: Person }[] = [];
  readonly #partyIndex = new Map<string, Map<Person, number>>();

  /** The person with these addresses. The latest name is kept. */
  add(tenantId: TenantId, party: Party, { atMs, knownOnly = false }: Mention): Person {
    const keys = party.addresses.map((address) => `${tenantId} ${address.type} ${matchKey(address)}`);
    const known = [...new Set(keys.flatMap((key) => this.#byKey.get(key) ?? []))];
    const person = known[0] ?? newPerson(tenantId);
    for (const other of known.slice(1)) this.#merge(person, other);
    party.addresses.forEach((address, index) => {
      const key = keys[index] ?? '';
      this.#byKey.set(key, person);
      if (!person.addresses.has(key)) person.addresses.set(key, address);
    });
    person.knownOnly &&= knownOnly;
    if (party.name !== null && atMs >= person.namedAtMs) {
      person.name = party.name;
      person.namedAtMs = atMs;
    }
    return person;
  }

  /** Adds addresses to the person, unless somebody else has them. */
  link(person: Person, addresses: readonly Address[]): void {
    for (const address of addresses) person.links.set(matchKey(address), address);
  }

  /** The latest statement wins. */
  consent(person: Person, consent: Consent, atMs: number): void {
    if (atMs < person.consentAtMs) return;
    person.consent = consent;
    person.consentAtMs = atMs;
  }

  /** The conversation of this person on this account. Returns its handle for `partyNumber`. */
  addParty(accountId: AccountId, person: Person): { readonly accountId: AccountId; readonly person: Person } {
    const party = { tenantId: person.tenantId, accountId, person };
    this.#parties.push(party);
    return party;
  }

  /** Assigns all numbers. Call it when no more parties come. */
  rows(): {
    persons: PersonRow[];
    parties: PartyRow[];
    personNumber: (person: Person) => number;
    partyNumber: (party: { readonly accountId: AccountId; readonly person: Person }) => number;
  } {
    const persons = [...new Set(this.#byKey.values())];
    const numbers = new Map(persons.map((person, index) => [person, index + 1]));
    const personNumber = (person: Person): number => numbers.get(this.#current(person)) ?? 0;
    const parties: PartyRow[] = [];
    for (const { tenantId, accountId, person } of this.#parties) {
      const current = this.#current(person);
      const index = this.#partyIndex.get(accountId) ?? new Map<Person, number>();
      this.#partyIndex.set(accountId, index);
      if (index.has(current)) continue;
      parties.push({
        n: parties.length + 1,
        tenant_id: tenantId,
        account_id: accountId,
        person: personNumber(current),
      });
      index.set(current, parties.length);
    }
    return {
      persons: persons.map((person, index) => toRow(person, index + 1)),
      parties,
      personNumber,
      partyNumber: (party) => this.#partyIndex.get(party.accountId)?.get(this.#current(party.person)) ?? 0,
    };
  }

  #current(person: Person): Person {
    let current = person;
    for (let next = this.#replaced.get(current); next !== undefined; next = this.#replaced.get(current)) current = next;
    return current;
  }

  #merge(into: Person, from: Person): void {
    this.#replaced.set(from, into);
    for (const [key, address] of from.addresses) {
      into.addresses.set(key, address);
      this.#byKey.set(key, into);
    }
    for (const [key, address] of from.links) into.links.set(key, address);
    into.knownOnly &&= from.knownOnly;
    if (from.consent !== null) this.consent(into, from.consent, from.consentAtMs);
    if (from.namedAtMs > into.namedAtMs) {
      into.name = from.name;
      into.namedAtMs = from.namedAtMs;
    }
  }
}

export type { Person };

function toRow(person: Person, n: number): PersonRow {
  const addresses = [...person.addresses.values()];
  const links = [...person.links.values()];
  const row = (link: boolean) => (address: Address, index: number) => {
    const { type, value } = address;
    return { type, value, ord: index + 1, key: matchKey(address), link };
  };
  return {
    n,
    tenant_id: person.tenantId,
    name: person.name,
    named_at_ms: person.name === null ? null : person.namedAtMs,
    phone: phoneOf(addresses),
    new_phone: phoneOf(links),
    consent: person.consent,
    consent_at_ms: person.consent === null ? null : person.consentAtMs,
    known_only: person.knownOnly,
    addresses: [...addresses.map(row(false)), ...links.map(row(true))],
  };
}
