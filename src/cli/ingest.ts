/** The parts that commands need to apply stored webhooks: the same as the inbound worker's, in this process. */
import { createHintPublisher, openDirectory, openVolatileRedis, parseBody, windowOf } from '../deps.ts';
import type { HintPublisher } from '../inbox/hints.ts';
import type { ResolveChannel, WindowOf } from '../inbox/ingest/part.ts';
import type { IsErased } from '../inbox/ingest/erased.ts';
import type { ParseBody } from '../inbox/ingest/journal.ts';
import type { Database } from '../platform/postgres.ts';
import type { CliContext } from './command.ts';
import { foundationOf } from './foundation.ts';

/** Parsers, accounts and a publisher, as in the worker. */
export interface CliIngest {
  readonly db: Database;
  readonly resolve: ResolveChannel;
  readonly isErased: IsErased;
  readonly windowOf: WindowOf;
  readonly parse: ParseBody;
  readonly hints: HintPublisher;
}

/** Opens the parts, runs `work`, closes them. Rejects when the accounts cannot be read. */
export async function withIngest<T>(context: CliContext, work: (ingest: CliIngest) => Promise<T>): Promise<T> {
  const db = context.database();
  const base = foundationOf(context);
  const directory = openDirectory(base, db);
  await directory.refresh();
  const volatile = openVolatileRedis(base);
  const hints = createHintPublisher(volatile.client);
  try {
    const { resolve, isErased } = directory;
    return await work({ db, resolve, isErased, windowOf, parse: parseBody, hints });
  } finally {
    await volatile.close();
  }
}
