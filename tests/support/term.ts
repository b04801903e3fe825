/** A business with a term, its conversations as old as a test says, and housekeeping that goes by it. */
import type { Thread } from '../../src/contract/entities.ts';
import { erasuresJob } from '../../src/inbox/housekeeping/erasures.ts';
import { termsJob } from '../../src/inbox/housekeeping/terms.ts';
import type { InboundEvent } from '../../src/providers/inbound.ts';
import type { Caller, ExecuteCommand } from '../../src/inbox/command.ts';
import type { LoggedEvent } from '../../src/inbox/event-log.ts';
import { setTerm } from '../../src/inbox/tenants/term.ts';
import type { BlobStore } from '../../src/platform/blobs.ts';
import type { Database } from '../../src/platform/postgres.ts';
import { createTeam, createTestExecutor, type Team } from './actors.ts';
import { apply, message, part, person } from './ingest.ts';
import { silentLog } from './log.ts';

export const SECRET = 'xylophone';
export const ADA = person('15550177001', 'Zerlina Quux');
export const BOB = person('15550177002', 'Bob Other');
export const GROUP = { addresses: [{ type: 'group' as const, value: '120363000000000077' }], name: 'Choir' };

const NOWHERE: BlobStore = { remove: () => Promise.resolve() } as unknown as BlobStore;

/** One business; what it says is said by its only number. */
export class Keeping {
  readonly team: Team;
  readonly admin: Caller;
  readonly execute: ExecuteCommand;
  private readonly db: Database;

  private constructor(db: Database, team: Team) {
    this.db = db;
    this.team = team;
    this.admin = team.members.admin.caller;
    this.execute = createTestExecutor(db);
  }

  static async open(db: Database): Promise<Keeping> {
    return new Keeping(db, await createTeam(db, 'all'));
  }

  get tenantId(): Caller['tenantId'] {
    return this.admin.tenantId;
  }

  /** A webhook with these, received just now. */
  take(events: readonly InboundEvent[], account = this.team.account): Promise<LoggedEvent[]> {
    return apply(this.db, account, [part([...events], { receivedAtMs: Date.now() - 1000 })]);
  }

  said(id: string, over: Parameters<typeof message>[2] = {}): InboundEvent {
    return message(this.team.account.channel, id, {
      ...{ atMs: Date.now() - 2000, chat: ADA, text: `${SECRET} ${id}` },
      ...over,
    });
  }

  async threads(): Promise<Thread[]> {
    return (await this.execute('thread:list', { limit: 100 }, this.admin)).data.items;
  }

  async names(): Promise<string[]> {
    return (await this.threads()).map(({ contact }) => contact.displayName).sort();
  }

  async threadOf(name: string): Promise<Thread> {
    const found = (await this.threads()).find(({ contact }) => contact.displayName === name);
    if (found === undefined) throw new Error(`no thread of ${name}`);
    return found;
  }

  async texts(threadId: Thread['id']): Promise<(string | null)[]> {
    const { items } = (await this.execute('thread:messages', { threadId }, this.admin)).data;
    return items.map(({ text }) => text);
  }

  /** As if all that has happened in this conversation, or in any, had happened so many days earlier. */
  async age(days: number, threadId: string | null = null): Promise<void> {
    const all = threadId === null;
    await this.db.transaction('test.age', async (tx) => {
      const by = tx`${days} * interval '1 day'`;
      const { tenantId } = this;
      await tx`
        update threads set last_activity_at = last_activity_at - ${by}, created_at = created_at - ${by}, woken_at = woken_at - ${by}
        where tenant_id = ${tenantId} and (${all} or id = ${threadId})`;
      await tx`
        update messages set received_at = received_at - ${by}, attempt_started_at = attempt_started_at - ${by}, at_failed = at_failed - ${by}
        where tenant_id = ${tenantId} and (${all} or thread_id = ${threadId})`;
      await tx`
        update notes set created_at = created_at - ${by} where tenant_id = ${tenantId} and (${all} or thread_id = ${threadId})`;
      const contact = tx`(select contact_id from threads where tenant_id = ${tenantId} and id = ${threadId})`;
      await tx`
        update contact_merges set merged_at = merged_at - ${by} where tenant_id = ${tenantId} and (${all} or into_contact_id = ${contact})`;
      await tx`
        update audit_log set at = at - ${by}
        where tenant_id = ${tenantId} and (${all} or subject_id in (${threadId}, ${contact}::text))`;
    });
  }

  /** A term that acts already. */
  async keepFor(days: number | null): Promise<void> {
    await this.db.transaction('test.term', async (tx) => {
      await setTerm(tx, this.tenantId, days);
      await tx`update tenants set keep_from = keep_from - interval '1 day' where id = ${this.tenantId}`;
    });
  }
}

/** What housekeeping does, until there is nothing to do. Returns what was told to gateways. */
export async function keepHouse(db: Database, blobs: BlobStore = NOWHERE): Promise<string[]> {
  const told: string[] = [];
  await termsJob({ db }).run();
  const job = erasuresJob({
    ...{ db, log: silentLog, blobs, hints: { publish: (_channel: string, hint: string) => void told.push(hint) } },
    arrivals: () => Promise.resolve(null),
  });
  while ((await job.run()) > 0);
  return told;
}
