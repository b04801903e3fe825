/** Detects times in which carriers could not deliver webhooks, so that they are asked for what was missed. */
import type { Logger } from '../../platform/log.ts';
import type { Database, Sql } from '../../platform/postgres.ts';

const EVERY_MS = 10_000;
/** No gateway for this long, in ms, is a gap; replacing one takes less. */
const GAP_MS = 30_000;

/** `db` is connected as the owner. */
interface GapWatchDeps {
  readonly db: Pick<Database, 'run'>;
  readonly log: Logger;
}

/** One per gateway. */
export class GapWatch {
  readonly #deps: GapWatchDeps;
  #refused = false;
  #looking: Promise<number> | null = null;
  #timer: NodeJS.Timeout | undefined;

  constructor(deps: GapWatchDeps) {
    this.#deps = deps;
  }

  /** A webhook was answered 503: some carriers do not send it again. */
  refused(): void {
    this.#refused = true;
  }

  /** Checks now, and every 10 s until `stop`. */
  start(): void {
    const look = (): void => {
      this.look().catch((error: unknown) => {
        this.#deps.log.warn({ err: error }, 'Whether webhooks were missed could not be looked up; it is tried again.');
      });
    };
    this.#timer ??= setInterval(look, EVERY_MS);
    look();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /**
   * Returns how many numbers became due for reconciliation because of a gap. One check at a time; callers that come
   * meanwhile share it. Rejects when Postgres is away.
   */
  async look(): Promise<number> {
    this.#looking ??= this.#look().finally(() => {
      this.#looking = null;
    });
    return await this.#looking;
  }

  async #look(): Promise<number> {
    const refused = this.#refused;
    // Reset before the query, so that a webhook refused from now on counts for the next check.
    this.#refused = false;
    try {
      const count = await this.#deps.db.run('reconcile.gap', (sql) => noteOpen(sql, refused));
      if (count > 0) this.#deps.log.warn({ count }, 'Webhooks may have been missed; the carriers are asked.');
      return count;
    } catch (error) {
      this.#refused ||= refused;
      throw error;
    }
  }
}

/**
 * Records that a gateway is there, and makes all numbers due if there was none before, or if one has refused webhooks.
 * Locks the row of gateway_watch, then the upkeep that it changes. Index: primary keys of gateway_watch and
 * account_upkeep.
 */
async function noteOpen(sql: Sql, refused: boolean): Promise<number> {
  const { count } = await sql`
    with noted as (
      insert into gateway_watch (one) values (true)
      on conflict (one) do update set at = clock_timestamp()
      returning ${refused} or coalesce(old.at < clock_timestamp() - ${GAP_MS} * interval '1 ms', false) as gap
    ), missed as materialized (
      select u.tenant_id, u.account_id from noted n join account_upkeep u on n.gap
      join whatsapp_accounts a on a.tenant_id = u.tenant_id and a.id = u.account_id
      where a.disabled_at is null and u.next_reconcile_at > now()
      order by u.tenant_id, u.account_id for no key update of u
    )
    update account_upkeep u set next_reconcile_at = now() from missed m
    where u.tenant_id = m.tenant_id and u.account_id = m.account_id`;
  return count;
}
