/** What webhooks say of numbers: that they are heard, connected or not, restricted, and what became of templates. */
import type { ProviderName } from '../../contract/entities.ts';
import type { AccountId } from '../../contract/ids.ts';
import type { Database } from '../../platform/postgres.ts';
import type { ConnectionEvent, InboundEvent, OtherEvent } from '../../providers/inbound.ts';
import { applyAccountEvent, noteBusiness, selectOfBusiness, type BusinessNews } from '../accounts/business.ts';
import { noteHeard } from '../accounts/heard.ts';
import { tellState, type Verdict } from '../accounts/state.ts';
import { publishHints, type HintPublisher } from '../hints.ts';
import { applyTemplateEvent, isTemplateEvent } from '../templates/template-events.ts';
import type { AccountRef, Part, ResolveChannel } from './part.ts';

/** `db` of the owner kind. */
export interface AccountNewsDeps {
  readonly db: Database;
  readonly hints: HintPublisher;
  readonly resolve: ResolveChannel;
  /** The business account that a webhook of this number names, where its carrier has such a thing. */
  readonly businessOf: (provider: ProviderName, body: Buffer, channel: string) => string | null;
}

interface Said {
  readonly part: Part;
  readonly event: InboundEvent;
}

/** One note per number and time: nobody needs to know to the second. */
const HEARD_EVERY_MS = 20_000;
const MAX_REMEMBERED = 10_000;

/** Called after the commit of each batch. One per process. */
export class AccountNews {
  readonly #deps: AccountNewsDeps;
  readonly #heardMs = new Map<AccountId, number>();
  readonly #learnt = new Set<AccountId>();

  constructor(deps: AccountNewsDeps) {
    this.#deps = deps;
  }

  async take(said: readonly Said[]): Promise<void> {
    const heard = new Map<AccountId, AccountRef>();
    const connections = new Map<AccountId, { readonly account: AccountRef; readonly event: ConnectionEvent }>();
    for (const { part, event } of said) {
      if (event.channel === null) await this.#aboutBusiness(part, event);
      const account =
        event.channel === null ? null : this.#deps.resolve(part.provider, event.channel, part.auth, event.account);
      if (account === null || event.channel === null) continue;
      heard.set(account.accountId, account);
      await this.#learn(account, part, event.channel);
      // The last state of the batch: those before are out of date.
      if (event.kind === 'connection') connections.set(account.accountId, { account, event });
    }
    for (const { account, event } of connections.values()) await this.#connection(account, event);
    await this.#noteHeard([...heard.values()]);
  }

  async #aboutBusiness(part: Part, event: InboundEvent): Promise<void> {
    const { account: businessId } = event;
    if (businessId === undefined || !isAboutBusiness(event)) return;
    const news: BusinessNews = { businessId, auth: part.auth, event };
    const accounts = await this.#deps.db.run('accounts.of_business', (sql) => selectOfBusiness(sql, news));
    for (const account of accounts) await this.#apply(account, event);
  }

  async #apply(account: AccountRef, event: OtherEvent): Promise<void> {
    const { db, hints } = this.#deps;
    if (isTemplateEvent(event)) {
      await db.run('templates.event', (sql) => applyTemplateEvent(sql, account, event));
      return;
    }
    publishHints(hints, await db.transaction('accounts.event', (tx) => applyAccountEvent(tx, account, event)));
  }

  async #connection(account: AccountRef, event: ConnectionEvent): Promise<void> {
    const verdict = verdictOf(event);
    if (verdict === null) return;
    const told = this.#deps.db.transaction('ingest.connection', (tx) =>
      tellState(tx, account, verdict, { hold: false }),
    );
    publishHints(this.#deps.hints, await told);
  }

  /** Once per number and process. */
  async #learn(account: AccountRef, part: Part, channel: string): Promise<void> {
    if (this.#learnt.has(account.accountId)) return;
    if (this.#learnt.size >= MAX_REMEMBERED) this.#learnt.clear();
    this.#learnt.add(account.accountId);
    const businessId = this.#deps.businessOf(part.provider, part.body, channel);
    if (businessId === null) return;
    await this.#deps.db.run('accounts.business', (sql) => noteBusiness(sql, account, businessId));
  }

  async #noteHeard(accounts: readonly AccountRef[]): Promise<void> {
    const nowMs = performance.now();
    const due = accounts.filter(
      ({ accountId }) => nowMs - (this.#heardMs.get(accountId) ?? -Infinity) > HEARD_EVERY_MS,
    );
    if (due.length === 0) return;
    if (this.#heardMs.size >= MAX_REMEMBERED) this.#heardMs.clear();
    for (const { accountId } of due) this.#heardMs.set(accountId, nowMs);
    await this.#deps.db.run('accounts.heard', (sql) => noteHeard(sql, due));
  }
}

function isAboutBusiness(event: InboundEvent): event is OtherEvent {
  return event.kind === 'account' || isTemplateEvent(event);
}

const STATES: Readonly<Record<string, Verdict | 'connecting'>> = {
  open: { state: 'connected', reason: null },
  connecting: 'connecting',
  closed: { state: 'disconnected', reason: 'The phone has disconnected this instance.' },
  qr: { state: 'reauth', reason: 'The instance waits to be paired; scan a new code.' },
};
const LOGGED_OUT: Verdict = { state: 'reauth', reason: 'The phone has logged this instance out; pair it again.' };

function verdictOf(event: ConnectionEvent): Verdict | 'connecting' | null {
  const known = STATES[event.state];
  if (known === undefined) return null;
  return event.state === 'closed' && event.relinkRequired === true ? LOGGED_OUT : known;
}
