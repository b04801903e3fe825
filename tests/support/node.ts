/** A gateway's live side in this process: HTTP server, sockets, executor, on the suite's databases. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Role } from '../../src/contract/entities.ts';
import type { MemberId, TenantId, UserId } from '../../src/contract/ids.ts';
import type { OutboundJob } from '../../src/contract/jobs.ts';
import type { Session } from '../../src/contract/rest.ts';
import type { ExecuteCommand } from '../../src/inbox/command.ts';
import type { LoggedEvent } from '../../src/inbox/event-log.ts';
import { createExecutor } from '../../src/inbox/execute.ts';
import { OwnHints, publishHints } from '../../src/inbox/hints.ts';
import { createPresenceReader } from '../../src/inbox/presence/member-presence.ts';
import { addMember } from '../../src/inbox/team/admin.ts';
import { createPasswordChange } from '../../src/inbox/team/passwords.ts';
import { createSessions, type Sessions } from '../../src/inbox/team/session.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { metrics } from '../../src/platform/metrics.ts';
import type { Database } from '../../src/platform/postgres.ts';
import { closeRedis, createRedis } from '../../src/platform/redis.ts';
import { createRealtime, type Realtime, type RealtimeDeps } from '../../src/realtime/realtime.ts';
import type { TestDatabase } from './database.ts';
import { silentLog } from './log.ts';
import { TEST_SECRET, testRegistry } from './registry.ts';

/** One gateway. */
export interface TestNode {
  readonly name: string;
  readonly url: string;
  readonly realtime: Realtime;
  /** What was appended to the outbound stream. */
  readonly jobs: OutboundJob[];
  readonly publish: (logged: readonly LoggedEvent[]) => void;
  readonly stop: () => Promise<void>;
}

/** Tokens for the tests' members. */
export function testSessions(database: Database): Sessions {
  return createSessions({
    database,
    clock: systemClock,
    secret: TEST_SECRET,
    supabase: { url: null, jwtSecret: null },
  });
}

/** Does what `POST /api/auth/password` does with the token of a logged-in person. */
export async function changePassword(
  database: Database,
  token: string,
  change: { readonly current: string; readonly next: string },
): Promise<Session> {
  const sessions = testSessions(database);
  const hints = { publish: () => undefined };
  return createPasswordChange({ db: database, sessions, hints })(await sessions.verifyForPassword(token), change);
}

/** `execute` wraps the real executor. */
export interface NodeOptions extends Partial<
  Pick<RealtimeDeps, 'replica' | 'throughHints' | 'signals' | 'expiryGraceMs' | 'maxConnectionsPerMember'>
> {
  readonly name: string;
  readonly wrap?: (execute: ExecuteCommand) => ExecuteCommand;
  /** False: its own commits reach its sockets through Redis as well. */
  readonly tellsItself?: boolean;
}

export async function startNode(db: TestDatabase, redisUrl: string, options: NodeOptions): Promise<TestNode> {
  const redis = createRedis(redisUrl, 'volatile', silentLog);
  await new Promise<void>((resolve) => {
    redis.once('ready', () => {
      resolve();
    });
  });
  const database = db.open({ statementPool: 4, transactionPool: 2, tenantPool: 4 });
  const hints = {
    publish: (channel: string, payload: string): void => {
      if (redis.status === 'ready') redis.publish(channel, payload).catch(() => undefined);
    },
  };
  const ownHints = new OwnHints();
  const jobs: OutboundJob[] = [];
  const queue = {
    append: (job: OutboundJob): Promise<void> => {
      jobs.push(job);
      return Promise.resolve();
    },
  };
  const execute = createExecutor({
    registry: testRegistry(database),
    database,
    replica: options.replica ?? null,
    clock: systemClock,
    log: silentLog,
    presence: createPresenceReader(redis, silentLog),
    hints: options.tellsItself === false ? hints : { ...hints, own: ownHints },
    jobs: queue,
  });
  const realtime = await createRealtime({
    node: options.name,
    clock: systemClock,
    log: silentLog,
    metrics,
    database,
    replica: options.replica ?? null,
    redis,
    redisUrl,
    jobs: queue,
    ownHints,
    execute: options.wrap === undefined ? execute : options.wrap(execute),
    verifyToken: (token) => testSessions(database).verify(token),
    maxConnectionsPerMember: options.maxConnectionsPerMember ?? 50,
    ...(options.throughHints === undefined ? {} : { throughHints: options.throughHints }),
    ...(options.signals === undefined ? {} : { signals: options.signals }),
    ...(options.expiryGraceMs === undefined ? {} : { expiryGraceMs: options.expiryGraceMs }),
  });
  const http = createServer();
  realtime.attach(http);
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const { port } = http.address() as AddressInfo;
  return {
    name: options.name,
    url: `http://127.0.0.1:${String(port)}`,
    realtime,
    jobs,
    publish: (logged) => {
      publishHints(hints, logged);
    },
    stop: async () => {
      await realtime.close();
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
      await closeRedis(redis);
    },
  };
}

/** A member with a token. */
export interface Person {
  readonly tenantId: TenantId;
  readonly memberId: MemberId;
  readonly userId: UserId;
  readonly email: string;
  readonly token: string;
}

let people = 0;

export async function hire(database: Database, tenantId: TenantId, role: Role): Promise<Person> {
  people += 1;
  const email = `person-${String(people)}@example.com`;
  const added = await addMember(database, { tenantId, email, name: `Person ${String(people)}`, role, password: null });
  const { token } = testSessions(database).issue(added.userId);
  return { tenantId, memberId: added.memberId, userId: added.userId, email, token };
}
