/** Rate limits per caller, counted in the volatile Redis, or in this process's memory while that is away. */
import type { Middleware } from 'koa';
import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';
import { InboxError } from '../contract/errors.ts';
import type { VolatileRedis } from '../platform/redis.ts';
import type { ClientIp } from './client-ip.ts';

/** At most `points` per key in `seconds`. */
export interface Budget {
  readonly points: number;
  readonly seconds: number;
}

/** Rate limits by purpose. Keys are an IP, a tenant id, an email with an IP, or one for all. */
export interface Budgets {
  readonly perIp: Budget;
  readonly perTenant: Budget;
  readonly uploadsPerTenant: Budget;
  readonly loginPerPerson: Budget;
  /** For failed logins. Well below `loginOverall`, so that no single caller uses up everybody's. */
  readonly loginPerIp: Budget;
  readonly loginOverall: Budget;
}

/** Enough for an office behind one address and its load tests, but not for a runaway script. */
export const DEFAULT_BUDGETS: Budgets = {
  perIp: { points: 12_000, seconds: 60 },
  perTenant: { points: 30_000, seconds: 60 },
  uploadsPerTenant: { points: 300, seconds: 60 },
  loginPerPerson: { points: 10, seconds: 300 },
  loginPerIp: { points: 100, seconds: 60 },
  loginOverall: { points: 600, seconds: 60 },
};

/** Takes one point per call. */
export interface Limiter {
  /**
   * Throws `rate_limited` with `retryAfterMs` when the budget of `key` is used up. Does not fail when Redis is away.
   */
  take(key: string): Promise<void>;
  /** Gives back all points of `key`. Never rejects. */
  reset(key: string): Promise<void>;
  /** Gives back one point of `key`. Never rejects. */
  giveBack(key: string): Promise<void>;
}

/** Redis keys `hunfly:rl:{name}:{key}`: written and read by every gateway, gone when the budget's time is over. */
export function createLimiter(redis: VolatileRedis, name: string, budget: Budget): Limiter {
  const common = { keyPrefix: `hunfly:rl:${name}`, points: budget.points, duration: budget.seconds };
  const insuranceLimiter = new RateLimiterMemory(common);
  const limiter = new RateLimiterRedis({ ...common, storeClient: redis, insuranceLimiter });
  return {
    take: async (key) => {
      try {
        await limiter.consume(key);
      } catch (error) {
        if (!(error instanceof RateLimiterRes)) throw error;
        throw new InboxError('rate_limited', 'Too many requests. Wait a moment.', {
          retryAfterMs: Math.max(1, error.msBeforeNext),
        });
      }
    },
    reset: async (key) => {
      await limiter.delete(key).catch(() => false);
    },
    giveBack: async (key) => {
      await limiter.reward(key).catch(() => undefined);
    },
  };
}

/** Carriers call from few addresses and must never be refused for it; probes and scrapes are ours. */
const EXEMPT = /^\/(api\/webhooks|health|metrics)\b/;

/** Applies the limit per address to everything but webhooks, probes and static files. */
export function limitPerIp(limiter: Limiter, clientIp: ClientIp): Middleware {
  return async (ctx, next) => {
    if (ctx.path.startsWith('/api/') && !EXEMPT.test(ctx.path)) await limiter.take(clientIp(ctx));
    await next();
  };
}
