/** The whole product as separate processes, as in production: gateways, workers, simulator, on private databases. */
import { fork, type ChildProcess } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { openSync } from 'node:fs';
import { chmod, mkdtemp, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startPostgres } from '../../scripts/bootstrap/postgres.mjs';
import { migrate } from '../../src/platform/migrate.ts';
import { createDatabase, type Database } from '../../src/platform/postgres.ts';
import { createTestDatabase } from './database.ts';
import { testRunDir } from './environment.ts';
import { silentLog } from './log.ts';
import { ownPort } from './port.ts';
import { startTestRedis, type TestRedis } from './redis.ts';
import { waitFor } from './wait.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const TOGETHER = fileURLToPath(new URL('together.mjs', import.meta.url));
/** A busy machine starts five of them at once. */
const START_DEADLINE_MS = 90_000;

/** Secrets of every test system; dummies. */
export const SECRETS = {
  APP_JWT_SECRET: 'test-jwt-secret-0123456789abcdef-0123456789',
  ENCRYPTION_KEY: '00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff',
  META_APP_SECRET: 'test_app_secret_0123456789abcdef',
  META_VERIFY_TOKEN: 'test_verify_token',
  EVOLUTION_WEBHOOK_SECRET: 'test_evolution_secret_0123456789abcdef',
} as const;

/** One process of the system. */
export interface Worker {
  readonly name: string;
  readonly child: ChildProcess;
  /** Port it listens on, 0 for consumers. */
  readonly port: number;
  readonly url: string;
  readonly logFile: string;
  /** Sends the signal and waits until the process is gone. */
  end(signal: NodeJS.Signals): Promise<number | null>;
}

/** A Postgres that the test may stop. */
export interface OwnPostgres {
  stop(): Promise<void>;
  restart(): Promise<void>;
}

export interface System {
  readonly database: Database;
  readonly databaseUrl: string;
  readonly redis: TestRedis;
  readonly postgres: OwnPostgres | null;
  /** Environment of every process. */
  readonly env: Readonly<Record<string, string>>;
  spawn(entry: string, extra?: Readonly<Record<string, string>>): Promise<Worker>;
  /** Several entries in one process, for who looks at the product from outside: it costs half of a process for each. */
  spawnTogether(entries: readonly string[], extra?: Readonly<Record<string, string>>): Promise<Worker>;
  /** Ends everything that was started here. */
  stop(): Promise<void>;
}

/** Databases, empty but migrated; the test spawns the processes. `ownPostgres` if the test will stop it. */
export async function createSystem(
  options: { readonly ownPostgres?: boolean; readonly env?: Readonly<Record<string, string>> } = {},
): Promise<System> {
  const redis = await startTestRedis();
  const store = options.ownPostgres === true ? await ownPostgres() : await sharedPostgres();
  const workers: Worker[] = [];
  const env = {
    ...SECRETS,
    DATABASE_URL: store.url,
    REDIS_URL: redis.url,
    LOG_LEVEL: 'info',
    NODE_ENV: 'test',
    SHARDS: '8',
    MEDIA_DIR: join(testRunDir(), 'media'),
    ...options.env,
  };
  const spawnTogether: System['spawnTogether'] = async (entries, extra = {}) => {
    const worker = await spawnWorker(entries, { ...env, ...extra });
    workers.push(worker);
    return worker;
  };
  return {
    database: store.database,
    databaseUrl: store.url,
    redis,
    postgres: store.engine,
    env,
    spawn: (entry, extra) => spawnTogether([entry], extra),
    spawnTogether,
    stop: async () => {
      await Promise.all(workers.map((worker) => worker.end('SIGKILL')));
      await store.drop();
      await redis.drop();
    },
  };
}

interface Store {
  readonly url: string;
  readonly database: Database;
  readonly engine: OwnPostgres | null;
  drop(): Promise<void>;
}

async function sharedPostgres(): Promise<Store> {
  const store = await createTestDatabase();
  return { url: store.url, database: store.database, engine: null, drop: () => store.drop() };
}

async function ownPostgres(): Promise<Store> {
  const dir = await mkdtemp(join(testRunDir(), 'pg-'));
  await chmod(dir, 0o711);
  const engine = await startPostgres({ dir, port: await ownPort(), fast: true });
  await migrate({ url: engine.url, directory: join(ROOT, 'sql/migrations'), log: silentLog });
  const database = createDatabase({ url: engine.url, log: silentLog, applicationName: 'test' });
  return {
    url: engine.url,
    database,
    engine: { stop: () => engine.stop(), restart: () => engine.restart() },
    drop: async () => {
      await database.close();
      await engine.stop();
    },
  };
}

/** What a process that must not start has written. */
export async function refusal(
  system: System,
  entry: string,
  extra?: Readonly<Record<string, string>>,
): Promise<string> {
  const refused = await system.spawn(entry, extra).then(
    () => '',
    (error: unknown) => String(error),
  );
  const [, logFile = ''] = /ended with 1; see (.*)/.exec(refused) ?? [];
  if (logFile === '') throw new Error(`${entry} did not refuse to start: ${refused}`);
  return readFile(logFile, 'utf8');
}

let counter = 0;

async function spawnWorker(entries: readonly string[], env: Readonly<Record<string, string>>): Promise<Worker> {
  counter += 1;
  const name = `${entries.join('-').replace(/\W/g, '-')}-${String(counter)}`;
  const logFile = join(testRunDir(), `${name}-${String(process.pid)}.log`);
  const log = openSync(logFile, 'a');
  const files = entries.map((entry) => join(ROOT, 'dist', `${entry}.js`));
  const [program = '', ...args] = files.length === 1 ? files : [TOGETHER, ...files];
  const child = fork(program, args, {
    cwd: ROOT,
    env: { PATH: process.env['PATH'] ?? '', PORT: '0', NODE_NAME: name, ...env },
    stdio: ['ignore', log, log, 'ipc'],
  });
  const exited = new Promise<number | null>((resolve) => {
    child.once('exit', (code) => {
      resolve(code);
    });
  });
  const ready = await new Promise<{ port?: number }>((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new Error(`${name} was not ready in time; see ${logFile}`));
    }, START_DEADLINE_MS);
    let starting = entries.length;
    child.on('message', (message: { type?: string; port?: number }) => {
      if (message.type === 'ready') starting -= 1;
      if (starting > 0) return;
      clearTimeout(timer);
      resolve(message);
    });
    void exited.then((code) => {
      reject(new Error(`${name} ended with ${String(code)}; see ${logFile}`));
    });
  });
  const port = ready.port ?? 0;
  return {
    name,
    child,
    port,
    logFile,
    url: `http://127.0.0.1:${String(port)}`,
    end: async (signal) => {
      if (child.exitCode === null && child.signalCode === null) child.kill(signal);
      return exited;
    },
  };
}

/** A Cloud API body with these `value` objects, and its signature. */
export function signCloud(
  value: unknown,
  secret: string = SECRETS.META_APP_SECRET,
): { body: string; headers: Record<string, string> } {
  const body = JSON.stringify({
    object: 'whatsapp_business_account',
    entry: [{ id: '200000000000001', changes: [{ field: 'messages', value }] }],
  });
  const digest = createHmac('sha256', secret).update(body).digest('hex');
  return { body, headers: { 'content-type': 'application/json', 'x-hub-signature-256': `sha256=${digest}` } };
}

/** The value of a webhook that carries one text of a customer. */
export function textValue(
  channel: string,
  id: string,
  over: { from?: string; name?: string; text?: string; atS?: number } = {},
): unknown {
  const from = over.from ?? '15550100101';
  return {
    messaging_product: 'whatsapp',
    metadata: { display_phone_number: '15550100000', phone_number_id: channel },
    contacts: [{ profile: { name: over.name ?? 'Ada Example' }, wa_id: from }],
    messages: [
      {
        from,
        id,
        timestamp: String(over.atS ?? Math.floor(Date.now() / 1000)),
        type: 'text',
        text: { body: over.text ?? `text of ${id}` },
      },
    ],
  };
}

/** Posts a signed Cloud API webhook; returns the HTTP status, or 0 when nobody answered. */
export async function postCloud(node: { readonly url: string }, value: unknown): Promise<number> {
  return postCloudSigned(node.url, value, SECRETS.META_APP_SECRET);
}

/** The same, signed with an account's own secret; `more` headers go along. */
export async function postCloudSigned(
  url: string,
  value: unknown,
  secret: string,
  more: Readonly<Record<string, string>> = {},
): Promise<number> {
  const signed = signCloud(value, secret);
  const { body } = signed;
  const headers = { ...signed.headers, ...more };
  try {
    const response = await fetch(`${url}/api/webhooks/whatsapp/cloud-api`, {
      method: 'POST',
      body,
      headers,
      signal: AbortSignal.timeout(10_000),
    });
    await response.arrayBuffer();
    return response.status;
  } catch {
    return 0;
  }
}

/** Posts until a node answers 200, as a provider does; returns the number of tries. */
export async function deliverCloud(nodes: readonly { readonly url: string }[], value: unknown): Promise<number> {
  let tries = 0;
  await waitFor(
    async () => {
      const node = nodes[tries % nodes.length];
      tries += 1;
      return node !== undefined && (await postCloud(node, value)) === 200;
    },
    { deadlineMs: 60_000, what: 'a webhook answered 200' },
  );
  return tries;
}
