/** How fast a number may send: token buckets that all workers share, and pauses that a carrier imposed. */
import type { ProviderName } from '../../../contract/entities.ts';
import type { Priority } from '../../../contract/send-input.ts';
import { withDeadline } from '../../../lib/deadline.ts';
import type { Clock } from '../../../lib/clock.ts';
import type { VolatileRedis } from '../../../platform/redis.ts';

/** `perSecond` tokens are added, up to `burst` can be saved. */
export interface Rate {
  readonly perSecond: number;
  readonly burst: number;
}

/**
 * Cloud API: 80 a second per number until Meta raises it, and about one in 6 s to one customer with bursts of 45
 * (https://developers.facebook.com/docs/whatsapp/cloud-api/overview#throughput). WhatsApp Web: no published limit; slow
 * like a person. Twilio: 80 a second per sender.
 */
const NUMBER_RATE: Readonly<Record<ProviderName, Rate>> = {
  cloud: { perSecond: 80, burst: 80 },
  evolution: { perSecond: 1, burst: 5 },
  twilio: { perSecond: 80, burst: 80 },
};
const PAIR_RATE: Readonly<Record<ProviderName, Rate | null>> = {
  cloud: { perSecond: 1 / 6, burst: 45 },
  evolution: null,
  twilio: null,
};

/** A number that the WhatsApp Business app uses too has a quarter of the throughput. */
const COEXISTENCE_RATE: Rate = { perSecond: 20, burst: 20 };
/** Share of the bucket that programs must leave for people. */
const RESERVED_SHARE = 0.1;
/** Each complaint of the carrier halves the pace, down to an eighth; a minute without one doubles it again. */
const SLOWEST = 3;
const RECOVERY_MS = 60_000;

/** Without Redis every worker paces alone, with a share that stays below the limit for a few workers together. */
const LOCAL_SHARE = 0.25;
const REDIS_DEADLINE_MS = 300;
const MAX_LOCAL = 10_000;

/** `waitMs` 0: go. Otherwise the whole number, or only this conversation, has to wait that long. */
export interface PaceAnswer {
  readonly waitMs: number;
  readonly scope: 'account' | 'thread';
}

/** Who wants to send. */
export interface PaceTarget {
  readonly accountId: string;
  readonly threadId: string;
  readonly provider: ProviderName;
  readonly coexistence: boolean;
  readonly priority: Priority;
}

function numberRate({ provider, coexistence }: PaceTarget): Rate {
  return provider === 'cloud' && coexistence ? COEXISTENCE_RATE : NUMBER_RATE[provider];
}

/** Tokens that must be left for people. */
function reserve({ priority }: PaceTarget, { burst }: Rate): number {
  return priority === 'automatic' ? Math.min(burst - 1, Math.ceil(burst * RESERVED_SHARE)) : 0;
}

/**
 * KEYS: pause, bucket of the number, bucket of the conversation ('' = none), how often the pace is halved; all in one
 * slot by `{account}`. ARGV: rate and burst of each bucket, tokens of the number to leave. Takes one token of each or
 * of none. Returns who has to wait and how long, ms.
 */
const TAKE = `
local rest = redis.call('PTTL', KEYS[1])
if rest > 0 then return {'account', rest} end
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + tonumber(time[2]) / 1000
local function level(key, rate, burst)
  local state = redis.call('HMGET', key, 'tokens', 'at')
  local tokens, at = tonumber(state[1]), tonumber(state[2])
  -- More than a rounding from the future: the clock was put back since.
  if tokens == nil or at == nil or at > now + 1000 then return burst end
  return math.min(burst, tokens + math.max(0, now - at) * rate / 1000)
end
local function save(key, tokens, rate, burst)
  redis.call('HSET', key, 'tokens', tostring(tokens), 'at', tostring(now))
  redis.call('PEXPIRE', key, math.ceil(burst / rate * 1000) + 1000)
end
local halved = tonumber(redis.call('GET', KEYS[4]) or '0')
local rate, burst = tonumber(ARGV[1]) / 2 ^ halved, tonumber(ARGV[2])
local tokens, needed = level(KEYS[2], rate, burst), 1 + tonumber(ARGV[5])
if tokens < needed then return {'account', math.ceil((needed - tokens) * 1000 / rate)} end
if ARGV[3] ~= '' then
  local pair_rate, pair_burst = tonumber(ARGV[3]), tonumber(ARGV[4])
  local pair = level(KEYS[3], pair_rate, pair_burst)
  if pair < 1 then return {'thread', math.ceil((1 - pair) * 1000 / pair_rate)} end
  save(KEYS[3], pair - 1, pair_rate, pair_burst)
end
save(KEYS[2], tokens - 1, rate, burst)
return {'account', 0}`;

/**
 * KEYS: how often the pace is halved, bucket of the number. ARGV: most halvings, ms until it is forgotten. Also empties
 * the bucket: the carrier has just said that there is nothing to spare.
 */
const SLOW = `
local halved = math.min(tonumber(ARGV[1]), tonumber(redis.call('GET', KEYS[1]) or '0') + 1)
redis.call('SET', KEYS[1], tostring(halved), 'PX', ARGV[2] * halved)
if redis.call('EXISTS', KEYS[2]) == 1 then redis.call('HSET', KEYS[2], 'tokens', '0') end
return halved`;

const GO: PaceAnswer = { waitMs: 0, scope: 'account' };

/**
 * Redis keys (volatile): `pace:{account}` and `pace:{account}:thread`, hashes written and read here, expiring when the
 * bucket would be full again; `rest:{account}`, a marker whose time to live is the pause; `slow:{account}`, how often
 * the pace is halved, expiring after a minute per halving. Losing them only affects pacing.
 */
export class Pace {
  readonly #redis: VolatileRedis;
  readonly #clock: Clock;
  readonly #rests = new Map<string, number>();
  readonly #local = new Map<string, { tokens: number; atMs: number }>();

  /** `redis` must be made for purpose `volatile`. */
  constructor(redis: VolatileRedis, clock: Clock) {
    this.#redis = redis;
    this.#clock = clock;
  }

  /** Takes a token, or says how long to wait. Never rejects; without Redis a local bucket decides. */
  async take(target: PaceTarget): Promise<PaceAnswer> {
    const restMs = (this.#rests.get(target.accountId) ?? 0) - this.#clock.nowMs();
    if (restMs > 0) return { waitMs: restMs, scope: 'account' };
    try {
      return await this.#takeShared(target);
    } catch {
      return this.#takeLocal(target);
    }
  }

  /** Returns an unused token. May be lost. */
  giveBack({ accountId }: Pick<PaceTarget, 'accountId'>): void {
    if (this.#redis.status !== 'ready') return;
    this.#redis.hincrbyfloat(`pace:{${accountId}}`, 'tokens', 1).catch(() => undefined);
  }

  /** Stops sending for this number for `ms`: reliably in this worker, in others as far as Redis reaches them. */
  rest(accountId: string, ms: number): void {
    if (this.#rests.size >= MAX_LOCAL) this.#rests.clear();
    this.#rests.set(accountId, this.#clock.nowMs() + ms);
    if (this.#redis.status !== 'ready') return;
    this.#redis.set(`rest:{${accountId}}`, '1', 'PX', Math.max(1, Math.ceil(ms))).catch(() => undefined);
  }

  /** The carrier says that this number sends too fast. May be lost; Retry-After and back-off work without it. */
  slowDown(accountId: string): void {
    if (this.#redis.status !== 'ready') return;
    const keys = [`slow:{${accountId}}`, `pace:{${accountId}}`];
    this.#redis.eval(SLOW, 2, ...keys, String(SLOWEST), String(RECOVERY_MS)).catch(() => undefined);
  }

  async #takeShared(target: PaceTarget): Promise<PaceAnswer> {
    const { accountId, threadId, provider } = target;
    const number = numberRate(target);
    const pair = PAIR_RATE[provider];
    const keys = [
      `rest:{${accountId}}`,
      `pace:{${accountId}}`,
      `pace:{${accountId}}:${threadId}`,
      `slow:{${accountId}}`,
    ];
    const pairArgs = pair === null ? ['', ''] : [String(pair.perSecond), String(pair.burst)];
    const rates = [String(number.perSecond), String(number.burst), ...pairArgs, String(reserve(target, number))];
    const taking = this.#redis.eval(TAKE, keys.length, ...keys, ...rates);
    const reply = (await withDeadline(taking, REDIS_DEADLINE_MS, 'Redis')) as ['account' | 'thread', number];
    return { scope: reply[0], waitMs: reply[1] };
  }

  #takeLocal(target: PaceTarget): PaceAnswer {
    const { accountId } = target;
    const { perSecond, burst } = numberRate(target);
    const nowMs = this.#clock.nowMs();
    if (this.#local.size >= MAX_LOCAL) this.#local.clear();
    const state = this.#local.get(accountId) ?? { tokens: 1, atMs: nowMs };
    const rate = perSecond * LOCAL_SHARE;
    const limit = Math.max(1, burst * LOCAL_SHARE);
    const tokens = Math.min(limit, state.tokens + (Math.max(0, nowMs - state.atMs) * rate) / 1000);
    if (tokens < 1) return { scope: 'account', waitMs: Math.ceil(((1 - tokens) * 1000) / rate) };
    this.#local.set(accountId, { tokens: tokens - 1, atMs: nowMs });
    return GO;
  }
}
