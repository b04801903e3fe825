/** The floor's connections and names in Redis. */
import { Redis } from 'ioredis';

/** Stream of accepted webhooks: appended by ingress, read and deleted by the worker. */
export const STREAM = 'floor:ingest';
/** Stream of messages to send: appended by the gateway; nobody reads it here. */
export const OUTBOUND = 'floor:outbound';
/** Pub/sub channel: one message a batch, `[[room, messages], …]`. */
export const CHANNEL = 'floor:batch';

/** @returns {Redis} a connection that gathers the commands of one turn of the event loop into one write */
export function floorRedis() {
  return new Redis(process.env['REDIS_URL'] ?? '', {
    protocol: 3,
    replyMapping: 'legacy',
    enableAutoPipelining: true,
    noDelay: true,
  });
}
