/** Addresses of Redis: `redis://host:port` is one server, `redis-cluster://host:port,host:port` a cluster. Pure. */

const SHAPE = /^(rediss?)(-cluster)?:\/\/([^@/]*@)?([^@/?#]+)(\/[^?#]*)?$/;

/**
 * Addresses of single servers: the one, or the nodes of a cluster that were named (some are enough, they know the rest),
 * each with the credentials of the whole. Empty for what is no address of Redis.
 */
export function redisNodes(url: string): string[] {
  const [, scheme = '', , credentials = '', hosts = '', path = ''] = SHAPE.exec(url) ?? [];
  const suffix = isRedisCluster(url) ? '' : path;
  const nodes = hosts.split(',').map((host) => `${scheme}://${credentials}${host}${suffix}`);
  return nodes.every((node) => URL.canParse(node) && new URL(node).hostname !== '') ? nodes : [];
}

/** True for several hosts, and for the scheme `redis-cluster` (`rediss-cluster` with TLS) whatever their number. */
export function isRedisCluster(url: string): boolean {
  const [, , cluster, , hosts = ''] = SHAPE.exec(url) ?? [];
  return cluster !== undefined || hosts.includes(',');
}

/** The address of another server of the same cluster. */
export function withHost(url: string, host: string, port: number): string {
  const other = new URL(url);
  other.host = `${host.includes(':') ? `[${host}]` : host}:${String(port)}`;
  return other.href;
}
