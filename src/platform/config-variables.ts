/** The table of environment variables: what each may hold, what it is for, an example. */
import { z } from 'zod';
import { LOG_LEVELS } from './log.ts';
import { isRedisCluster, redisNodes, sentinelGroup } from './redis-url.ts';

const port = z.coerce.number({ error: 'must be a port number' }).int().min(0).max(65535);
const text = z.string().max(4096, 'is longer than 4096 characters');
const secret = z.string().min(32, 'must have at least 32 characters').max(4096);
const flag = z
  .enum(['1', '0', 'true', 'false'], { error: 'must be 1 or 0' })
  .transform((value) => value === '1' || value === 'true');

function url(schemes: readonly string[]): z.ZodType<string, string> {
  const message = `must be a URL that starts with ${schemes.map((scheme) => `${scheme}://`).join(' or ')}`;
  return text.refine((value) => isUrl(value, schemes), message);
}

function isUrl(value: string, schemes: readonly string[]): boolean {
  return URL.canParse(value) && schemes.includes(new URL(value).protocol.slice(0, -1));
}

const SENTINELS = 'or redis-sentinel:// with the sentinels and ?name= of their master';

/** One Redis server, a cluster named by some of its nodes, or the master of a group of sentinels. */
const redisUrl = text.refine(
  (value) =>
    isRedisCluster(value)
      ? redisNodes(value).length > 0
      : isUrl(value, ['redis', 'rediss']) || sentinelGroup(value) !== null,
  `must be a URL that starts with redis:// or rediss://, or redis-cluster:// with some nodes of a cluster, ${SENTINELS}`,
);

const httpUrl = url(['http', 'https']).transform((value) => value.replace(/\/+$/, ''));

/** 32 bytes written as 64 hex digits, as base64 or as base64url. */
const key = z.string().transform((value, context) => {
  const bytes = /^[0-9a-f]{64}$/i.test(value) ? Buffer.from(value, 'hex') : Buffer.from(value, 'base64');
  if (bytes.length === 32 && /^[A-Za-z0-9+/_=-]+$/.test(value)) return bytes;
  context.addIssue({ code: 'custom', message: 'must be 32 bytes in base64 or hex (openssl rand -base64 32)' });
  return z.NEVER;
});

/** One key, or two while one is being rotated: the first encrypts, both decrypt. */
const keys = z
  .string()
  .transform((value) => value.split(',').map((item) => item.trim()))
  .refine((items) => items.length <= 2, 'may have at most 2 keys, separated by a comma')
  .pipe(z.tuple([key], key));

function list(max: number): z.ZodType<string[], string> {
  return text
    .transform((value) =>
      value
        .split(',')
        .map((item) => item.trim())
        .filter((item) => item !== ''),
    )
    .refine((items) => items.length <= max, `may have at most ${String(max)} values, separated by commas`);
}

const isOrigin = (value: string): boolean =>
  URL.canParse(value) && /^https?:$/.test(new URL(value).protocol) && new URL(value).origin === value;

const addressOrRange = z.union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()]);
const isAddressOrRange = (value: string): boolean => addressOrRange.safeParse(value).success;

const TABLE = {
  PORT: { schema: port.default(3000), about: 'Port the gateway listens on.', example: '3000' },
  LISTEN_HOST: {
    schema: text.optional(),
    about: "Address the gateway listens on, and a worker's metrics. Default: all of the machine.",
    example: '127.0.0.1',
  },
  NODE_NAME: { schema: text.optional(), about: 'Name of this process in logs and presence.', example: 'gateway-1' },
  DATABASE_URL: {
    schema: url(['postgres', 'postgresql']),
    about: 'Postgres, as a role that owns the schema or may become hunfly_app and hunfly_round.',
    example: 'postgres://hunfly:change-me@localhost:5432/hunfly',
  },
  DATABASE_REPLICA_URL: {
    schema: url(['postgres', 'postgresql']).optional(),
    about:
      'Streaming replica of that Postgres, or what balances several, for what gateways only read. Default: all goes to DATABASE_URL.',
    example: 'postgres://hunfly:change-me@replica:5432/hunfly',
  },
  REDIS_URL: {
    schema: redisUrl,
    about:
      'Redis for streams: appendonly yes, appendfsync always, maxmemory-policy noeviction. A cluster: ' +
      'redis-cluster://host:port,host:port. With Sentinel: redis-sentinel://user:pass@host:port,host:port/0?name=mymaster ' +
      '(rediss-… with TLS; &sentinel-password=… if the sentinels ask for one).',
    example: 'redis://localhost:6379',
  },
  REDIS_VOLATILE_URL: {
    schema: redisUrl.optional(),
    about:
      'Redis for pub/sub, presence and rate limits: one server, or redis-cluster:// or redis-sentinel:// as above. Default: REDIS_URL.',
    example: 'redis://localhost:6380',
  },
  APP_JWT_SECRET: {
    schema: secret,
    about: 'Signs session tokens; at least 32 characters.',
    example: 'use-the-output-of-openssl-rand-base64-48',
  },
  ENCRYPTION_KEY: {
    schema: keys,
    about:
      'Encrypts provider credentials in the database: 32 bytes, base64 or hex; two, separated by a comma, while rotating.',
    example: 'use-output-of-openssl-rand-base64-32=',
  },
  SUPABASE_URL: {
    schema: httpUrl.optional(),
    about: 'Accept tokens of this Supabase project.',
    example: 'https://project.supabase.co',
  },
  SUPABASE_JWT_SECRET: {
    schema: secret.optional(),
    about: "The project's HS256 secret, if it uses one.",
    example: 'the-jwt-secret-of-the-supabase-project',
  },
  PUBLIC_URL: {
    schema: httpUrl.optional(),
    about: 'How providers reach this installation; Twilio signs it.',
    example: 'https://inbox.example.com',
  },
  META_APP_SECRET: {
    schema: list(2).default([]),
    about: 'App secret of the Meta app; two, separated by a comma, while rotating.',
    example: 'app-secret',
  },
  META_VERIFY_TOKEN: {
    schema: text.optional(),
    about: "Answer to Meta's verification handshake.",
    example: 'any-words-you-chose',
  },
  EVOLUTION_API_URL: { schema: httpUrl.optional(), about: 'Evolution API server.', example: 'http://localhost:8080' },
  EVOLUTION_API_KEY: { schema: text.optional(), about: 'Evolution API key.', example: 'evolution-key' },
  EVOLUTION_WEBHOOK_SECRET: {
    schema: text.optional(),
    about: 'Secret that Evolution webhooks prove.',
    example: 'webhook-secret',
  },
  TWILIO_AUTH_TOKEN: { schema: text.optional(), about: 'Auth token of the Twilio account.', example: 'auth-token' },
  TRUSTED_PROXIES: {
    schema: list(64)
      .refine((items) => items.every(isAddressOrRange), 'must be addresses or CIDR ranges such as 10.0.0.0/8')
      .default(['127.0.0.0/8', '::1']),
    about:
      'Addresses or CIDR ranges of the proxies in front; only their X-Forwarded-For is believed. Default: this machine.',
    example: '10.0.0.0/8,fd00::/8',
  },
  CORS_ORIGINS: {
    schema: list(50)
      .refine((origins) => origins.every(isOrigin), 'must be origins such as https://host, without a path')
      .default([]),
    about: 'Origins that may call the API from a browser.',
    example: 'https://app.example.com',
  },
  MEDIA_DIR: {
    schema: text.default('.data/media'),
    about: 'Folder for attachments, unless S3_BUCKET is set.',
    example: '/var/lib/hunfly/media',
  },
  S3_BUCKET: { schema: text.optional(), about: 'Bucket for attachments.', example: 'hunfly-media' },
  S3_ENDPOINT: {
    schema: httpUrl.optional(),
    about: 'S3-compatible endpoint.',
    example: 'https://s3.eu-central-1.amazonaws.com',
  },
  S3_REGION: { schema: text.default('us-east-1'), about: 'Region of the bucket.', example: 'eu-central-1' },
  S3_ACCESS_KEY_ID: { schema: text.optional(), about: 'Access key of the bucket.', example: 'access-key' },
  S3_SECRET_ACCESS_KEY: { schema: text.optional(), about: 'Secret key of the bucket.', example: 'secret-key' },
  LOG_LEVEL: {
    schema: z.enum(LOG_LEVELS, { error: `must be one of ${LOG_LEVELS.join(', ')}` }).default('info'),
    about: 'Least severe level that is logged.',
    example: 'info',
  },
  METRICS_TOKEN: {
    schema: text.optional(),
    about: 'Bearer token that GET /metrics then asks for.',
    example: 'metrics-token',
  },
  METRICS_PORT: {
    schema: port.optional(),
    about: "Port of a worker's GET /metrics and GET /health/live. Default: nothing listens.",
    example: '9100',
  },
  METRICS_PEERS: {
    schema: list(64)
      .refine((items) => items.every((item) => URL.canParse(item) && item.startsWith('http')), 'must be http URLs')
      .default([]),
    about: "Other processes of this machine whose metrics a gateway's GET /metrics counts in, comma-separated.",
    example: 'http://localhost:9100,http://localhost:9101',
  },
  SHARDS: {
    schema: z.coerce
      .number({ error: 'must be a number' })
      .int('must be a whole number')
      .min(1, 'must be at least 1')
      .max(1024, 'must be at most 1024')
      .default(16),
    about: 'Partitions per stream; the same for all processes, changed only while the streams are empty.',
    example: '16',
  },
  MAX_CONNECTIONS_PER_MEMBER: {
    schema: z.coerce
      .number({ error: 'must be a number' })
      .int('must be a whole number')
      .min(1, 'must be at least 1')
      .max(1_000_000, 'must be at most 1000000')
      .default(10_000),
    about: 'Live connections that one member may have on a gateway at a time: sockets and event streams together.',
    example: '10000',
  },
  HUNFLY_OUTBOUND_LEASE_MS: {
    schema: z.coerce
      .number({ error: 'must be a number' })
      .int('must be a whole number')
      .min(100, 'must be at least 100')
      .max(3_600_000, 'must be at most 3600000')
      .default(60_000),
    about: 'After this time without an answer a send counts as unknown, in ms.',
    example: '60000',
  },
  SIMULATOR_URL: {
    schema: httpUrl.optional(),
    about: 'WhatsApp simulator, for development.',
    example: 'http://localhost:3900',
  },
  CLIENT_DIR: { schema: text.optional(), about: 'Folder of the built inbox to serve.', example: 'dist/client' },
  DEMO: { schema: flag.default(false), about: 'Seeds and shows the demo tenant.', example: '0' },
} as const;

/** Parsed values by variable name. */
export type RawConfig = { readonly [N in keyof typeof TABLE]: z.output<(typeof TABLE)[N]['schema']> };

/** One environment variable; `required` means: no default and not optional. */
export interface Variable {
  readonly name: string;
  readonly schema: z.ZodType;
  readonly about: string;
  readonly example: string;
  readonly required: boolean;
}

/** Every variable the processes read, in the order of `.env.example`. */
export const VARIABLES: readonly Variable[] = Object.entries(TABLE).map(([name, { schema, about, example }]) => ({
  name,
  schema,
  about,
  example,
  required: !schema.safeParse(undefined).success,
}));
