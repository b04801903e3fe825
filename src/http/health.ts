/** Health probes and metrics, for machines. */
import type { Context } from 'koa';
import type Router from '@koa/router';
import { InboxError } from '../contract/errors.ts';
import type { Logger } from '../platform/log.ts';
import { collectPeers, DUMP_TYPE } from '../platform/metrics-server.ts';
import { dumpMetrics, renderMetrics } from '../platform/metrics.ts';
import type { Database } from '../platform/postgres.ts';
import { pingRedis, type StreamRedis, type VolatileRedis } from '../platform/redis.ts';
import { sameSecret } from '../lib/hash.ts';
import { bearerToken } from './sessions.ts';

/** What the probes check. */
export interface HealthDeps {
  readonly db: Pick<Database, 'ping'>;
  /** The Redis for streams and the volatile one; may be the same client. */
  readonly redis: StreamRedis;
  readonly redisVolatile: VolatileRedis;
  readonly draining: () => boolean;
  readonly metricsToken: string | null;
  readonly log: Logger;
  /** Base URLs of processes whose metrics are shown together with this one's; default none. */
  readonly metricsPeers?: readonly string[];
}

const PING_DEADLINE_MS = 1000;

/** Adds `/health/live`, `/health/ready` and `/metrics`. */
export function registerHealth(router: Router, deps: HealthDeps): void {
  let asking: Promise<string[]> | null = null;
  // Simultaneous probes share one check of the databases.
  const troubles = (): Promise<string[]> => {
    asking ??= findTroubles(deps).finally(() => {
      asking = null;
    });
    return asking;
  };

  router.get('/health/live', (ctx) => {
    ctx.body = { status: 'live' };
  });

  router.get('/health/ready', async (ctx) => {
    const reasons = [...(deps.draining() ? ['draining'] : []), ...(await troubles())];
    ctx.set('cache-control', 'no-store');
    ctx.status = reasons.length === 0 ? 200 : 503;
    ctx.body = { status: reasons.length === 0 ? 'ready' : 'unavailable', reasons };
  });

  // Strict: balancers block exactly this path, so no other spelling may lead here.
  router.register('/metrics', ['GET'], (ctx) => showMetrics(ctx, deps), { strict: true });
}

/**
 * For callers with the token: this process alone if another process asks for a dump, otherwise together with its peers.
 */
async function showMetrics(ctx: Context, { metricsPeers = [], metricsToken, log }: HealthDeps): Promise<void> {
  if (metricsToken !== null && !sameSecret(bearerToken(ctx), metricsToken)) {
    throw new InboxError('unauthenticated', 'The metrics token is wrong.');
  }
  if (ctx.get('accept') === DUMP_TYPE) {
    ctx.body = await dumpMetrics();
    return;
  }
  const { contentType, body } = await renderMetrics(await collectPeers(metricsPeers, { token: metricsToken, log }));
  ctx.set('content-type', contentType);
  ctx.body = body;
}

async function findTroubles({ db, redis, redisVolatile }: HealthDeps): Promise<string[]> {
  const [postgres, streams, volatile] = await Promise.all([
    db.ping(PING_DEADLINE_MS),
    pingRedis(redis, PING_DEADLINE_MS),
    redisVolatile === redis ? true : pingRedis(redisVolatile, PING_DEADLINE_MS),
  ]);
  return [...(postgres ? [] : ['postgres']), ...(streams ? [] : ['redis']), ...(volatile ? [] : ['redis-volatile'])];
}
