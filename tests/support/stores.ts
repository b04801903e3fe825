/** Both stores for a suite that works on streams: a database, and its own Redis with a client. */
import { closeRedis, type RedisClient } from '../../src/platform/redis.ts';
import { createTestDatabase, type TestDatabase } from './database.ts';
import { connectRedis, startTestRedis, type TestRedis } from './redis.ts';

export interface Stores {
  readonly db: TestDatabase;
  readonly redis: TestRedis;
  readonly client: RedisClient;
  drop(): Promise<void>;
}

/** Ready for use. */
export async function openStores(): Promise<Stores> {
  const [db, redis] = await Promise.all([createTestDatabase(), startTestRedis()]);
  const client = await connectRedis(redis.url);
  const drop = async (): Promise<void> => {
    await closeRedis(client);
    await redis.drop();
    await db.drop();
  };
  return { db, redis, client, drop };
}
