/**
 * Addresses of Redis: `redis://host:port` is one server, `redis-cluster://host:port,host:port` a cluster,
 * `redis-sentinel://host:port,host:port?name=mymaster` the server that these sentinels call the master. Pure.
 */

const SHAPE = /^(rediss?)(-cluster)?:\/\/([^@/]*@)?([^@/?#]+)(\/[^?#]*)?$/;

/**
 * URLs of single servers: the one, or the named nodes of a cluster (a few are enough to find the rest), each with the
 * credentials. Empty if `url` is not a Redis URL.
 */
export function redisNodes(url: string): string[] {
  const [, scheme = '', , credentials = '', hosts = '', path = ''] = SHAPE.exec(url) ?? [];
  const suffix = isRedisCluster(url) ? '' : path;
  const nodes = hosts.split(',').map((host) => `${scheme}://${credentials}${host}${suffix}`);
  return nodes.every(isServer) ? nodes : [];
}

function isServer(url: string): boolean {
  return URL.canParse(url) && new URL(url).hostname !== '';
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

/** A master that is found through sentinels, and those sentinels. */
export interface SentinelGroup {
  readonly sentinels: readonly { readonly host: string; readonly port: number }[];
  /** What the sentinels call the master. */
  readonly name: string;
  /** Credentials of the servers; empty: none. */
  readonly username: string;
  readonly password: string;
  /** Credentials of the sentinels; empty: none. */
  readonly sentinelPassword: string;
  readonly db: number;
  readonly isSecured: boolean;
}

const SENTINEL = /^(rediss?)-sentinel:\/\/(?:([^@/]*)@)?([^@/?#]+)(?:\/(\d{0,5}))?\?([^#]+)$/;
const SENTINEL_PORT = 26_379;

/** Null for another kind of URL, or one without a master name. */
export function sentinelGroup(url: string): SentinelGroup | null {
  const [, scheme, credentials = '', hosts = '', db = '', query = ''] = SENTINEL.exec(url) ?? [];
  const nodes = hosts.split(',').map((host) => `redis://${host}`);
  const options = optionsOf(query);
  if (scheme === undefined || options.name === '' || !nodes.every(isServer)) return null;
  const isSecured = scheme === 'rediss';
  return { sentinels: nodes.map(addressOf), ...credentialsOf(credentials), ...options, db: Number(db), isSecured };
}

function credentialsOf(credentials: string): Pick<SentinelGroup, 'username' | 'password'> {
  const [username = '', password = ''] = credentials.split(':').map(decoded);
  return { username, password };
}

function optionsOf(query: string): Pick<SentinelGroup, 'name' | 'sentinelPassword'> {
  const options = new URLSearchParams(query);
  return { name: options.get('name') ?? '', sentinelPassword: options.get('sentinel-password') ?? '' };
}

function addressOf(node: string): { readonly host: string; readonly port: number } {
  const { hostname, port } = new URL(node);
  return { host: hostname.replace(/^\[(.*)\]$/, '$1'), port: port === '' ? SENTINEL_PORT : Number(port) };
}

/** Percent-decoded; unchanged if the percent signs are not valid escapes. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
