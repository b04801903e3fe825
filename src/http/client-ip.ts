/** The client address that a request's rate limit counts against. */
import { BlockList, isIP, isIPv6 } from 'node:net';
import type { Context } from 'koa';

/** Returns the address that a request is counted against. */
export type ClientIp = (ctx: Pick<Context, 'req' | 'get'>) => string;

/**
 * `proxies`: addresses and CIDR ranges of our own proxies. If the peer is one of them, the last address of
 * `X-Forwarded-For` is used; if that is one of them too, the one before it, and so on. For any other peer the header is
 * ignored.
 */
export function clientIpBehind(proxies: readonly string[]): ClientIp {
  const known = addressesOf(proxies);
  return (ctx) => {
    const hops = ctx.get('x-forwarded-for').split(',');
    let seen = ctx.req.socket.remoteAddress ?? 'unknown';
    while (isIP(seen) !== 0 && known.check(seen, familyOf(seen))) {
      const before = hops.pop()?.trim() ?? '';
      if (isIP(before) === 0) break;
      seen = before;
    }
    return seen;
  };
}

function addressesOf(ranges: readonly string[]): BlockList {
  const list = new BlockList();
  for (const range of ranges) {
    const [address = '', bits] = range.split('/');
    if (bits === undefined) list.addAddress(address, familyOf(address));
    else list.addSubnet(address, Number(bits), familyOf(address));
  }
  return list;
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIPv6(address) ? 'ipv6' : 'ipv4';
}
