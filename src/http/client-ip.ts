/** Whom to count a request against. */
import { BlockList, isIP, isIPv6 } from 'node:net';
import type { Context } from 'koa';

/** The address that a request is counted against. */
export type ClientIp = (ctx: Pick<Context, 'req' | 'get'>) => string;

/**
 * `proxies`: addresses and CIDR ranges of our own proxies. Of a peer among them the last address of `X-Forwarded-For` is
 * taken, which is whom it saw; everybody else is who they are, whatever they claim.
 */
export function clientIpBehind(proxies: readonly string[]): ClientIp {
  const known = addressesOf(proxies);
  return (ctx) => {
    const peer = ctx.req.socket.remoteAddress ?? 'unknown';
    if (isIP(peer) === 0 || !known.check(peer, familyOf(peer))) return peer;
    const forwarded = ctx.get('x-forwarded-for').split(',').at(-1)?.trim() ?? '';
    return isIP(forwarded) === 0 ? peer : forwarded;
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
