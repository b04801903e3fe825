/** The context of operator's commands, opened on first use. */
import { publishHints, type HintPublisher } from '../inbox/hints.ts';
import { systemClock } from '../lib/clock.ts';
import { loadConfig, type Config } from '../platform/config.ts';
import { createLogger, type Logger } from '../platform/log.ts';
import { createDatabase, type Database } from '../platform/postgres.ts';
import { channelOn, publishOn } from '../platform/channels.ts';
import { becomeReady, createVolatileRedis } from '../platform/redis-cluster.ts';
import { closeRedis } from '../platform/redis.ts';
import type { CliContext } from './command.ts';

const REDIS_DEADLINE_MS = 1_000;

/** Logs go to stderr, because stdout is for the answer. */
function stderrLog(config: Config): Logger {
  const stream = { write: (text: string) => void process.stderr.write(text) };
  const level = config.logLevel === 'info' ? 'warn' : config.logLevel;
  return createLogger({ level, name: 'cli', stream });
}

/** `close` ends what was opened. The environment is read at the first use of `config`, which throws ConfigError if it is wrong. */
export function createContext(): CliContext & { close(): Promise<void> } {
  let config: Config | undefined;
  let log: Logger | undefined;
  let database: Database | undefined;
  return {
    get config() {
      return (config ??= loadConfig());
    },
    get log() {
      return (log ??= stderrLog(this.config));
    },
    clock: systemClock,
    database() {
      const { log: to, config: from } = this;
      return (database ??= createDatabase({ url: from.databaseUrl, log: to, applicationName: 'hunfly-cli' }));
    },
    async announce(logged) {
      if (logged.length > 0) await publish(this.config, this.log, logged);
    },
    async close() {
      await database?.close();
    },
  };
}

async function publish(config: Config, log: Logger, logged: Parameters<typeof publishHints>[1]): Promise<void> {
  const client = createVolatileRedis(config.redisVolatileUrl, log);
  const sent: Promise<unknown>[] = [];
  try {
    await becomeReady(client, REDIS_DEADLINE_MS);
    const publisher: HintPublisher = {
      channelFor: (kind, tenantId) => channelOn(client, kind, tenantId),
      publish: (channel, payload) => void sent.push(publishOn(client, channel, payload)),
    };
    publishHints(publisher, logged);
    await Promise.all(sent);
  } catch (error) {
    log.warn({ err: error }, 'Running gateways were not told; they find out within 2 seconds.');
  } finally {
    await closeRedis(client);
  }
}
