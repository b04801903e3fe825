/** Whom to count a request against. */
import { isIP } from 'node:net';
import type { Context } from 'koa';

/** Loopback, private and link-local peers are our own proxies; only their word about the client is taken. */
const OWN_NETWORK =
  /^(::ffff:)?(127\.|10\.|192\.168\.|172\.(1[6-9]|2[0-9]|3[01])\.|169\.254\.)|^(::1|f[cd][0-9a-f]{2}:|fe80:)/i;

/** The peer's address, or the one that the nearest own proxy saw: the last of `X-Forwarded-For`. */
export function clientIp(ctx: Context): string {
  const peer = ctx.req.socket.remoteAddress ?? 'unknown';
  if (!OWN_NETWORK.test(peer)) return peer;
  const forwarded = ctx.get('x-forwarded-for').split(',').at(-1)?.trim() ?? '';
  return isIP(forwarded) === 0 ? peer : forwarded;
}
