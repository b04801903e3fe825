/**
 * Which addresses a URL from outside may lead to: public ones only. The socket connects to exactly the address that was
 * checked.
 */
import { lookup as systemLookup, type LookupAddress } from 'node:dns';
import type { LookupFunction } from 'node:net';
import ipaddr from 'ipaddr.js';

/** The URL leads to this machine, its network or a cloud's metadata service. */
export class ForbiddenAddressError extends Error {
  readonly code = 'FORBIDDEN_ADDRESS';
  constructor() {
    super('The address is not a public one.');
    this.name = 'ForbiddenAddressError';
  }
}

/** True for addresses of the public Internet; IPv4 inside IPv6 is judged as the IPv4 it is. */
export function isPublicAddress(text: string): boolean {
  return ipaddr.isValid(text) && ipaddr.process(text).range() === 'unicast';
}

/** True unless the URL's host is an address that is not public; names are judged when they are looked up. */
export function isPublicUrl(url: URL): boolean {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  return !ipaddr.isValid(host) || isPublicAddress(host);
}

/**
 * True for hosts that are internal by their name: addresses that are not public, and names that no public name server
 * knows. Only operators may configure one.
 */
export function isInsideUrl(url: URL): boolean {
  const name = url.hostname.replace(/\.$/, '');
  if (!isPublicUrl(url)) return true;
  return !/[.:]/.test(name) || /\.(localhost|local|internal)$/i.test(name);
}

/** How Node's `dns.lookup` is called when all addresses are wanted. */
export type LookupAll = (
  host: string,
  options: { readonly all: true },
  done: (error: NodeJS.ErrnoException | null, found: LookupAddress[]) => void,
) => void;

/**
 * A DNS lookup for sockets. The socket connects to the address that was checked, so a name cannot resolve differently
 * between check and connect. One non-public address makes the whole name forbidden.
 */
export function publicLookup(lookup: LookupAll = systemLookup): LookupFunction {
  return (host, options, done) => {
    lookup(host, { all: true }, (error, found) => {
      if (error !== null) {
        done(error, '');
        return;
      }
      const [first] = found;
      if (first === undefined || !found.every(({ address }) => isPublicAddress(address))) {
        done(new ForbiddenAddressError(), '');
      } else if (options.all === true) done(null, found);
      else done(null, first.address, first.family);
    });
  };
}
