/** The only reader of the environment: validates it once, and refuses to start with an explanation. */
import { z } from 'zod';
import { VARIABLES } from './config-variables.ts';
import type { RawConfig } from './config-variables.ts';

/** Environment, by variable name. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Where attachments are kept: a folder, or an S3-compatible bucket. */
export type MediaStore =
  | { readonly kind: 'disk'; readonly directory: string }
  | {
      readonly kind: 's3';
      readonly endpoint: string;
      readonly region: string;
      readonly bucket: string;
      readonly accessKeyId: string;
      readonly secretAccessKey: string;
    };

/** Everything the processes are told from outside. Secrets in here are never logged. */
export interface Config {
  readonly port: number;
  /** Address to listen on; null = all of the machine. */
  readonly listenHost: string | null;
  readonly nodeName: string;
  readonly databaseUrl: string;
  /** Null: no replica. */
  readonly databaseReplicaUrl: string | null;
  readonly redisUrl: string;
  readonly redisVolatileUrl: string;
  readonly appJwtSecret: string;
  readonly supabase: { readonly url: string | null; readonly jwtSecret: string | null };
  /** Without a trailing slash; null = unknown, then Twilio webhooks cannot be verified. */
  readonly publicUrl: string | null;
  readonly meta: { readonly appSecrets: readonly string[]; readonly verifyToken: string | null };
  readonly evolution: {
    readonly apiUrl: string | null;
    readonly apiKey: string | null;
    readonly webhookSecret: string | null;
  };
  readonly twilio: { readonly authToken: string | null };
  /** 32 bytes each. The first encrypts; a second, which is being rotated out, only decrypts. */
  readonly encryptionKeys: readonly [Buffer, ...Buffer[]];
  /** Addresses and CIDR ranges whose `X-Forwarded-For` is believed. */
  readonly trustedProxies: readonly string[];
  readonly corsOrigins: readonly string[];
  readonly media: MediaStore;
  readonly logLevel: RawConfig['LOG_LEVEL'];
  readonly metricsToken: string | null;
  /** Where a worker serves its metrics; null = nowhere. */
  readonly metricsPort: number | null;
  /** Base URLs of processes whose metrics a gateway shows with its own. */
  readonly metricsPeers: readonly string[];
  readonly shards: number;
  /** Sockets and event streams that one member may have on a gateway at a time. */
  readonly maxConnectionsPerMember: number;
  readonly outboundLeaseMs: number;
  readonly simulatorUrl: string | null;
  /** Where the built inbox is; null = not served by this process. */
  readonly clientDir: string | null;
  readonly demo: boolean;
}

/** The environment is not usable. The message has one paragraph per variable: name, what is wrong, an example. */
export class ConfigError extends Error {
  readonly variables: readonly string[];
  constructor(problems: readonly { readonly variable: string; readonly problem: string }[]) {
    const lines = problems.map(({ variable, problem }) => {
      const example = VARIABLES.find((one) => one.name === variable)?.example ?? '';
      return `${variable} ${problem}. Example: ${variable}=${example}`;
    });
    super(`The environment is not complete:\n${lines.map((line) => `  - ${line}`).join('\n')}`);
    this.name = 'ConfigError';
    this.variables = problems.map(({ variable }) => variable);
  }
}

const shape = Object.fromEntries(VARIABLES.map(({ name, schema }) => [name, schema]));
const schema = z.object(shape);

/** Empty means absent: compose files and .env templates produce empty strings. */
function withoutEmpty(env: Environment): Record<string, string> {
  const entries = VARIABLES.map(({ name }) => [name, env[name]?.trim()] as const);
  return Object.fromEntries(
    entries.filter((entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== ''),
  );
}

function parse(env: Environment): RawConfig {
  const parsed = schema.safeParse(withoutEmpty(env));
  if (parsed.success) return parsed.data as unknown as RawConfig;
  const seen = new Map<string, string>();
  for (const issue of parsed.error.issues) {
    const variable = String(issue.path[0] ?? '');
    if (!seen.has(variable))
      seen.set(variable, withoutEmpty(env)[variable] === undefined ? 'is missing' : issue.message);
  }
  throw new ConfigError([...seen].map(([variable, problem]) => ({ variable, problem })));
}

function mediaStore(raw: RawConfig): MediaStore {
  if (raw.S3_BUCKET === undefined) return { kind: 'disk', directory: raw.MEDIA_DIR };
  const needed = ['S3_ENDPOINT', 'S3_ACCESS_KEY_ID', 'S3_SECRET_ACCESS_KEY'] as const;
  const missing = needed.filter((name) => raw[name] === undefined);
  if (missing.length > 0) {
    throw new ConfigError(missing.map((variable) => ({ variable, problem: 'is missing, but S3_BUCKET is set' })));
  }
  return {
    kind: 's3',
    endpoint: raw.S3_ENDPOINT ?? '',
    region: raw.S3_REGION,
    bucket: raw.S3_BUCKET,
    accessKeyId: raw.S3_ACCESS_KEY_ID ?? '',
    secretAccessKey: raw.S3_SECRET_ACCESS_KEY ?? '',
  };
}

/** From here on, absent is null. */
function orNull<T>(value: T | undefined): T | null {
  return value ?? null;
}

function providersOf(raw: RawConfig): Pick<Config, 'meta' | 'evolution' | 'twilio'> {
  return {
    meta: { appSecrets: raw.META_APP_SECRET, verifyToken: orNull(raw.META_VERIFY_TOKEN) },
    evolution: {
      apiUrl: orNull(raw.EVOLUTION_API_URL),
      apiKey: orNull(raw.EVOLUTION_API_KEY),
      webhookSecret: orNull(raw.EVOLUTION_WEBHOOK_SECRET),
    },
    twilio: { authToken: orNull(raw.TWILIO_AUTH_TOKEN) },
  };
}

/** Reads and validates the environment. Throws ConfigError naming every variable that is wrong. */
export function loadConfig(env: Environment = process.env): Config {
  const raw = parse(env);
  return {
    port: raw.PORT,
    listenHost: orNull(raw.LISTEN_HOST),
    nodeName: raw.NODE_NAME ?? `node-${String(process.pid)}`,
    databaseUrl: raw.DATABASE_URL,
    databaseReplicaUrl: orNull(raw.DATABASE_REPLICA_URL),
    redisUrl: raw.REDIS_URL,
    redisVolatileUrl: raw.REDIS_VOLATILE_URL ?? raw.REDIS_URL,
    appJwtSecret: raw.APP_JWT_SECRET,
    supabase: { url: orNull(raw.SUPABASE_URL), jwtSecret: orNull(raw.SUPABASE_JWT_SECRET) },
    publicUrl: orNull(raw.PUBLIC_URL),
    ...providersOf(raw),
    encryptionKeys: raw.ENCRYPTION_KEY,
    trustedProxies: raw.TRUSTED_PROXIES,
    corsOrigins: raw.CORS_ORIGINS,
    media: mediaStore(raw),
    logLevel: raw.LOG_LEVEL,
    metricsToken: orNull(raw.METRICS_TOKEN),
    metricsPort: orNull(raw.METRICS_PORT),
    metricsPeers: raw.METRICS_PEERS,
    shards: raw.SHARDS,
    maxConnectionsPerMember: raw.MAX_CONNECTIONS_PER_MEMBER,
    outboundLeaseMs: raw.HUNFLY_OUTBOUND_LEASE_MS,
    simulatorUrl: orNull(raw.SIMULATOR_URL),
    clientDir: orNull(raw.CLIENT_DIR),
    demo: raw.DEMO,
  };
}

/** For entry files: prints what is wrong and ends the process with code 78 (EX_CONFIG) instead of throwing. */
export function loadConfigOrExit(env: Environment = process.env): Config {
  try {
    return loadConfig(env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(78);
  }
}

/** The text of `.env.example`: every variable with what it does, commented out where it has a default. */
export function envExample(): string {
  const blocks = VARIABLES.map(
    ({ name, about, example, required }) => `# ${about}\n${required ? '' : '# '}${name}=${example}\n`,
  );
  return `# Copy to .env and fill in. Variables that are commented out may be left out.\n\n${blocks.join('\n')}`;
}
