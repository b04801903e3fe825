/** What operator's commands need to apply stored webhooks: the same parts as the inbound worker, in this process. */
import { openDirectory, parseBody, windowOf } from '../deps.ts';
import type { HintPublisher } from '../inbox/hints.ts';
import type { ResolveChannel, WindowOf } from '../inbox/ingest/part.ts';
import type { ParseBody } from '../inbox/ingest/journal.ts';
import { closeRedis, createRedis } from '../platform/redis.ts';
import type { Database } from '../platform/postgres.ts';
import type { CliContext } from './command.ts';
import { foundationOf } from './foundation.ts';

/** Parsers, accounts and a publisher; as the worker has them. */
export interface CliIngest {
  readonly db: Database;
  readonly resolve: ResolveChannel;
  readonly windowOf: WindowOf;
  readonly parse: ParseBody;
  readonly hints: HintPublisher;
}

/** Opens the parts, runs `work`, closes them. Rejects when the accounts cannot be read. */
export async function withIngest<T>(context: CliContext, work: (ingest: CliIngest) => Promise<T>): Promise<T> {
  const { config, log } = context;
  const db = context.database();
  const directory = openDirectory(foundationOf(context), db);
  await directory.refresh();
  const client = createRedis(config.redisVolatileUrl, 'volatile', log);
  const hints: HintPublisher = {
    // A gateway that is not told finds out by its poll.
    publish: (channel, payload) => void client.publish(channel, payload).catch(() => undefined),
  };
  try {
    return await work({ db, resolve: directory.resolve, windowOf, parse: parseBody, hints });
  } finally {
    await closeRedis(client);
  }
}
