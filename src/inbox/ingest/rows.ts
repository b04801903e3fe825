/** Collects the rows of one batch: what each event becomes in the document of `ingest_batch`. */
import type {
  ConsentEvent,
  ContactChangeEvent,
  EditEvent,
  GroupUpdateEvent,
  InboundEvent,
  MessageEvent,
  Party,
  PollVoteEvent,
  ReactionEvent,
  RevokeEvent,
} from '../../providers/inbound.ts';
import type { BatchDocument, JournalRow, LetterRow } from './document.ts';
import { fileRow, messageRow, pastStatusRow, statusRow } from './message-rows.ts';
import { noticeOfCall, noticeOfChange } from './notices.ts';
import type { Row, Target, WindowOf } from './part.ts';
import { People, type Consent, type Person } from './people.ts';
import { clampTime } from './times.ts';

/** A row that is built last, when persons have numbers: a later item may show that two are one. */
type Deferred = () => Row;

type Takers = {
  readonly [K in InboundEvent['kind']]?: (target: Target, event: Extract<InboundEvent, { kind: K }>) => void;
};

/** One batch while it is collected. */
export class BatchRows {
  readonly journal: JournalRow[] = [];
  readonly letters: LetterRow[] = [];
  readonly #people = new People();
  readonly #messages: Deferred[] = [];
  readonly #statuses: Row[] = [];
  readonly #reactions: Deferred[] = [];
  readonly #votes: Deferred[] = [];
  readonly #edits: Deferred[] = [];
  readonly #files: Row[] = [];
  readonly #numbers = { current: null as ReturnType<People['rows']> | null };
  readonly #windowOf: WindowOf;

  readonly #takers: Takers = {
    message: (target, event) => {
      this.#message(target, event);
    },
    status: (target, event) => {
      if (event.status !== 'pending') this.#statuses.push(statusRow(target, event));
    },
    reaction: (target, event) => {
      this.#reactions.push(this.#about(target, event, { emoji: event.emoji }));
    },
    poll_vote: (target, event) => {
      if (event.options !== null) this.#votes.push(this.#about(target, event, { options: event.options }));
    },
    edit: (target, event) => {
      // An edit that cannot be shown would only erase the existing text.
      if (event.type !== 'unsupported') this.#edit(target, event);
    },
    revoke: (target, event) => {
      this.#edit(target, event);
    },
    history_media: (target, event) => {
      if (event.media !== null) this.#files.push(fileRow(target, event, event.media));
    },
    contact_change: (target, event) => {
      this.#change(target, event);
    },
    call: (target, event) => {
      const notice = noticeOfCall(event);
      if (notice !== null) this.#message(target, notice);
    },
    contact_sync: (target, event) => {
      if (event.action === 'upsert') this.#tellAbout(target, event.person, event.atMs);
    },
    group_update: (target, event) => {
      this.#nameGroup(target, event);
    },
    consent: (target, event) => {
      this.#consent(target, event);
    },
  };

  constructor(windowOf: WindowOf) {
    this.#windowOf = windowOf;
  }

  /** Takes one event. Events that change no row are handled elsewhere. */
  add(target: Target, event: InboundEvent): void {
    const take = this.#takers[event.kind] as ((target: Target, event: InboundEvent) => void) | undefined;
    take?.(target, event);
  }

  /** Returns the document. Nothing can be added afterwards. */
  finish(receivedAtMs: number): BatchDocument {
    const numbers = this.#people.rows();
    this.#numbers.current = numbers;
    const run = (deferred: Deferred): Row => deferred();
    return {
      receivedAtMs,
      journal: this.journal,
      letters: this.letters,
      persons: numbers.persons,
      parties: numbers.parties,
      messages: this.#messages.map(run),
      statuses: this.#statuses,
      reactions: this.#reactions.map(run),
      votes: this.#votes.map(run),
      edits: this.#edits.map(run),
      files: this.#files,
    };
  }

  #number(person: Person | null): number | null {
    return person === null ? null : (this.#numbers.current?.personNumber(person) ?? 0);
  }

  #message(target: Target, event: MessageEvent, replyTo = event.chat.addresses[0]): void {
    const { tenantId, accountId, part } = target;
    const atMs = clampTime(event.atMs, part.receivedAtMs);
    const chat = this.#people.add(tenantId, event.chat, { atMs });
    const sender = event.sender === null ? chat : this.#people.add(tenantId, event.sender, { atMs });
    const party = this.#people.addParty(accountId, chat);
    const row = messageRow(target, event, { atMs, replyTo, windowMs: this.#windowOf(part.provider) });
    const ord = this.#messages.length + 1;
    this.#messages.push(() =>
      Object.assign(row, {
        ord,
        party: this.#numbers.current?.partyNumber(party) ?? 0,
        person: this.#number(chat),
        sender: this.#number(sender),
      }),
    );
    const past = pastStatusRow(target, event);
    if (past !== null) this.#statuses.push(past);
  }

  /** What a reaction and a vote have in common: somebody's latest statement about a message. */
  #about({ tenantId, accountId, part }: Target, event: ReactionEvent | PollVoteEvent, said: Row): Deferred {
    const atMs = clampTime(event.atMs, part.receivedAtMs);
    const outbound = event.direction === 'outbound';
    const chat = event.idWithinChat === true ? this.#people.add(tenantId, event.chat, { atMs }) : null;
    const person = outbound ? null : this.#people.add(tenantId, event.sender ?? event.chat, { atMs });
    return () => ({
      tenant_id: tenantId,
      account_id: accountId,
      target_id: event.targetId,
      by_type: outbound ? 'member' : 'contact',
      // From the business's own phone: no member of the team, so the account stands for it.
      by_id: outbound ? accountId : null,
      person: this.#number(person),
      chat: this.#number(chat),
      ...said,
      at_ms: atMs,
      received_ms: part.receivedAtMs,
    });
  }

  /** An edit does not prove that its people exist: they are looked up, not created. */
  #edit({ tenantId, accountId, part }: Target, event: EditEvent | RevokeEvent): void {
    const atMs = clampTime(event.atMs, part.receivedAtMs);
    const known = { atMs, knownOnly: true };
    const chat = event.chat === null ? null : this.#people.add(tenantId, event.chat, known);
    const sender = event.sender == null ? null : this.#people.add(tenantId, event.sender, known);
    this.#edits.push(() => ({
      tenant_id: tenantId,
      account_id: accountId,
      target_id: event.targetId,
      direction: event.direction,
      person: this.#number(chat),
      sender: this.#number(sender),
      revoked: event.kind === 'revoke',
      text: event.kind === 'edit' ? event.text : null,
      // The database tells what is dated from what is told again.
      at_ms: event.atMs === null ? null : atMs,
      received_ms: part.receivedAtMs,
    }));
  }

  /** The notice in the thread. New addresses are added to the customer unless somebody else has them. */
  #change(target: Target, event: ContactChangeEvent): void {
    const atMs = clampTime(event.atMs, target.part.receivedAtMs);
    const { renamed, chat } = event;
    this.#message(target, noticeOfChange(event), (renamed ?? chat).addresses[0]);
    if (renamed !== null) this.#people.link(this.#people.add(target.tenantId, chat, { atMs }), renamed.addresses);
  }

  #consent({ tenantId, part }: Target, { person, category, value, atMs: saidMs }: ConsentEvent): void {
    const consent = CONSENT.get(value?.toLowerCase() ?? '');
    if (person === null || consent === undefined || category !== 'marketing_messages') return;
    const atMs = clampTime(saidMs, part.receivedAtMs);
    this.#people.consent(this.#people.add(tenantId, person, { atMs }), consent, atMs);
  }

  /** Names of known people: an entry in an address book does not create a contact. */
  #tellAbout({ tenantId, part }: Target, party: Party | null, atMs: number | null): void {
    if (party === null) return;
    this.#people.add(tenantId, party, { atMs: clampTime(atMs, part.receivedAtMs), knownOnly: true });
  }

  /**
   * A subject is announced once, often before anybody writes, so it makes the group a contact; without a subject there
   * is nothing to store.
   */
  #nameGroup({ tenantId, part }: Target, { chat, atMs }: GroupUpdateEvent): void {
    if (chat === null || chat.name === null || !chat.addresses.every(({ type }) => type === 'group')) return;
    this.#people.add(tenantId, chat, { atMs: clampTime(atMs, part.receivedAtMs) });
  }
}

const CONSENT = new Map<string, Consent>([
  ['stop', 'withdrawn'],
  ['resume', 'granted'],
  ['signup', 'granted'],
]);
