/**
 * Applies what webhooks say about numbers: that they are alive, connected or not, restricted, and what happened to
 * templates.
 */
import type { ProviderName } from '../../contract/entities.ts';
import type { AccountId } from '../../contract/ids.ts';
import type { Logger } from '../../platform/log.ts';
import type { Database } from '../../platform/postgres.ts';
import type { ConnectionEvent, InboundEvent, OtherEvent } from '../../providers/inbound.ts';
import { businessTold, noteBusiness, selectOfBusiness, type BusinessNews } from '../accounts/business.ts';
import { noteHeard } from '../accounts/heard.ts';
import { tellStates, type Told } from '../accounts/state.ts';
import type { Verdict } from '../accounts/verdict.ts';
import type { AccountKey } from '../accounts/writes.ts';
import { publishHints, type HintPublisher } from '../hints.ts';
import { applyTemplateEvents, isTemplateEvent } from '../templates/template-events.ts';
import { applyIsolated } from './isolate.ts';
import type { AccountRef, Part, ResolveChannel } from './part.ts';

/** `db` is connected as the owner. */
export interface AccountNewsDeps {
  readonly db: Database;
  readonly log: Logger;
  readonly hints: HintPublisher;
  readonly resolve: ResolveChannel;
  /** The business account that a webhook of this number names, if its carrier has such a thing. */
  readonly businessOf: (provider: ProviderName, body: Buffer, channel: string) => string | null;
}

interface Said {
  readonly part: Part;
  readonly event: InboundEvent;
}

/** A number, and its first event in a batch. */
interface Heard {
  readonly account: AccountRef;
  readonly part: Part;
  readonly channel: string;
}

/** A number is noted at most this often: nobody needs second precision. */
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

  /** Safe to repeat. Rejects for infrastructure errors only. */
  async take(said: readonly Said[]): Promise<void> {
    await this.#aboutBusinesses(said.flatMap(({ part, event }) => businessNews(part, event)));
    const heard = new Map<AccountId, Heard>();
    const connections: Told[] = [];
    for (const { part, event } of said) {
      const account =
        event.channel === null ? null : this.#deps.resolve(part.provider, event.channel, part.auth, event.account);
      if (account === null || event.channel === null) continue;
      if (!heard.has(account.accountId)) heard.set(account.accountId, { account, part, channel: event.channel });
      if (event.kind === 'connection') connections.push(...connectionTold(account, event));
    }
    for (const first of heard.values()) await this.#learn(first);
    await this.#tell(connections);
    await this.#noteHeard([...heard.values()].map(({ account }) => account));
  }

  async #aboutBusinesses(news: readonly BusinessNews[]): Promise<void> {
    if (news.length === 0) return;
    const { db, log } = this.#deps;
    const found: { readonly account: AccountKey; readonly event: OtherEvent }[] = [];
    await applyIsolated(log, news, async (some) => {
      for (const { n, tenantId, accountId } of await db.run('accounts.of_business', (sql) =>
        selectOfBusiness(sql, some),
      ))
        for (const { event } of some.slice(n, n + 1)) found.push({ account: { tenantId, accountId }, event });
    });
    const templates = found.filter(({ event }) => isTemplateEvent(event));
    await applyIsolated(
      log,
      templates.map(({ account, event }) => ({ ...account, event })),
      (some) => db.run('templates.events', (sql) => applyTemplateEvents(sql, some)),
    );
    await this.#tell(found.flatMap(({ account, event }) => businessTold(account, event) ?? []));
  }

  /** Only the last report on each number in the batch; earlier ones are outdated. */
  async #tell(told: readonly Told[]): Promise<void> {
    if (told.length === 0) return;
    const { db, log, hints } = this.#deps;
    const last = new Map(told.map((one) => [one.accountId, one]));
    await applyIsolated(log, [...last.values()], async (some) => {
      publishHints(hints, await db.transaction('accounts.tell', (tx) => tellStates(tx, some)));
    });
  }

  /** Once per number and process. */
  async #learn({ account, part, channel }: Heard): Promise<void> {
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

function businessNews({ auth }: Part, event: InboundEvent): BusinessNews[] {
  const { channel, account: businessId } = event;
  if (channel !== null || businessId === undefined) return [];
  return event.kind === 'account' || isTemplateEvent(event) ? [{ businessId, auth, event }] : [];
}

const STATES: Readonly<Record<string, Verdict | 'connecting'>> = {
  open: { state: 'connected', reason: null },
  connecting: 'connecting',
  closed: { state: 'disconnected', reason: 'The phone has disconnected this instance.' },
  qr: { state: 'reauth', reason: 'The instance waits to be paired; scan a new code.' },
};
const LOGGED_OUT: Verdict = { state: 'reauth', reason: 'The phone has logged this instance out; pair it again.' };

function connectionTold({ tenantId, accountId }: AccountRef, event: ConnectionEvent): Told[] {
  const known = STATES[event.state];
  if (known === undefined) return [];
  const verdict = event.state === 'closed' && event.relinkRequired === true ? LOGGED_OUT : known;
  return [{ tenantId, accountId, verdict, hold: false, usedAt: null }];
}
