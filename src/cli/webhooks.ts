/** `hunfly webhook`, `journal`, `verify`: explains, repeats and verifies webhooks. */
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { ProviderName } from '../contract/entities.ts';
import { applyParts, packParts, splitEvents } from '../inbox/ingest/apply.ts';
import { INGEST_STREAM } from '../inbox/ingest/entry.ts';
import { withoutErased } from '../inbox/ingest/erased.ts';
import { readJournal, type JournalRange } from '../inbox/ingest/journal.ts';
import { publishHints } from '../inbox/hints.ts';
import { tenantBySlug } from '../inbox/tenants/admin.ts';
import { verify, type Report } from '../inbox/verify/report.ts';
import { createStreamRedis } from '../platform/redis-cluster.ts';
import { closeRedis } from '../platform/redis.ts';
import { postgresClock } from '../platform/shared-clock.ts';
import { streamLag } from '../platform/stream-commands.ts';
import { streamKeys } from '../platform/stream.ts';
import { explainAll } from '../providers/explain.ts';
import { providerNamed } from '../providers/index.ts';
import { choice, optional, required, UsageError, type CliArgs, type CliCommand, type CliContext } from './command.ts';
import { withIngest } from './ingest.ts';

const JOURNAL_MS = 7 * 24 * 3_600_000;
const REDIS_DEADLINE_MS = 1000;

/** The channel in webhooks from the "Test" button of Meta's App Dashboard: a number that nobody has. */
const META_SAMPLE_CHANNEL = '123456123';

const explain: CliCommand = {
  path: 'webhook explain',
  usage: '--provider cloud|evolution|twilio FILE',
  example: '--provider cloud body.json',
  about: 'what the product makes of a webhook body; stores nothing',
  options: { provider: { type: 'string' } },
  words: ['FILE'],
  async run(args, context) {
    const name = choice(args, 'provider', ProviderName.options);
    const provider = providerNamed(name);
    if (provider === undefined) throw new UsageError(`--provider ${name} is not available in this version`);
    const body = await readBody(args.words[0] ?? '');
    const parsed = provider.parse(body, context.clock.nowMs());
    if (!parsed.ok) return { json: { broken: parsed.broken }, text: `Broken: ${parsed.broken}`, exitCode: 1 };
    const events = explainAll(parsed.events, (channel) => channel !== META_SAMPLE_CHANNEL);
    return { json: events, text: events.map((event) => JSON.stringify(event, null, 2)).join('\n') };
  },
};

async function readBody(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch {
    throw new UsageError(`${file} cannot be read`);
  }
}

const RANGE = { tenant: { type: 'string' }, from: { type: 'string' }, to: { type: 'string' } } as const;

/** A day (UTC), or a time with its zone: without one it would be another time on another machine. */
const Moment = z.union([z.iso.date(), z.iso.datetime({ offset: true })]);

function instant(args: CliArgs, name: string): Date | null {
  const text = optional(args, name);
  if (text === null) return null;
  const date = new Date(text);
  if (Moment.safeParse(text).success && date.getTime() >= 0) return date;
  throw new UsageError(`--${name} must be an instant such as 2026-01-31T09:00:00Z`);
}

/** From the flags; without `--from` everything the journal still contains. */
async function rangeOf(args: CliArgs, context: CliContext): Promise<JournalRange> {
  const database = context.database();
  const nowMs = (await postgresClock(database)).nowMs();
  const slug = optional(args, 'tenant');
  const tenant = slug === null ? null : await database.run('cli.tenant', (sql) => tenantBySlug(sql, slug));
  const from = instant(args, 'from') ?? new Date(nowMs - JOURNAL_MS);
  const to = instant(args, 'to') ?? new Date(nowMs + 60_000);
  if (from >= to) throw new UsageError('--from must be before --to');
  return { tenantId: tenant?.id ?? null, from, to };
}

const replay: CliCommand = {
  path: 'journal replay',
  usage: '--from T --to T [--tenant S]',
  example: '--from 2026-01-31T09:00:00Z --to 2026-01-31T10:00:00Z',
  about: 're-applies stored webhooks; harmless to repeat',
  options: RANGE,
  async run(args, context) {
    required(args, 'from');
    required(args, 'to');
    const range = await rangeOf(args, context);
    return withIngest(context, async (ingest) => {
      const deps = { ...ingest, log: context.log };
      let webhooks = 0;
      let changes = 0;
      for await (const parts of readJournal(ingest.db, range, ingest.parse)) {
        webhooks += parts.length;
        const kept = parts.map((part) => withoutErased(part, ingest.isErased));
        for (const batch of packParts(kept.flatMap(splitEvents))) {
          const logged = await applyParts(deps, batch);
          publishHints(ingest.hints, logged);
          changes += logged.length;
        }
      }
      const text = `Replayed ${String(webhooks)} webhooks; ${String(changes)} changes were missing and are there now.`;
      return { json: { webhooks, changes }, text };
    });
  },
};

const verifyCommand: CliCommand = {
  path: 'verify',
  usage: '[--tenant S] [--from T --to T]',
  example: '--tenant acme',
  about: 'the no-loss report: accepted = applied + dead-lettered, or what differs; exit 1 if it differs',
  options: RANGE,
  async run(args, context) {
    const range = await rangeOf(args, context);
    return withIngest(context, async (ingest) => {
      const waiting = await entriesWaiting(context);
      const report = { ...(await verify(ingest, range)), waiting };
      return { json: report, text: describe(report), exitCode: report.differences.length === 0 ? 0 : 1 };
    });
  },
};

/** Entries on the streams that no worker has finished; null when Redis, or a part of it, does not answer. */
async function entriesWaiting(context: CliContext): Promise<number | null> {
  const { config, log } = context;
  const client = createStreamRedis(config.redisUrl, log);
  try {
    await once(client, 'ready', { signal: AbortSignal.timeout(REDIS_DEADLINE_MS) });
    const { backlog, away } = await streamLag(client, streamKeys(INGEST_STREAM, config.shards));
    return away === 0 ? backlog : null;
  } catch (error) {
    log.warn({ err: error }, 'Redis does not answer.');
    return null;
  } finally {
    await closeRedis(client);
  }
}

function describe(report: Report & { readonly waiting: number | null }): string {
  const { webhooks, accepted, applied, deadLettered, spilled, waiting, differences } = report;
  const lines = [
    `webhooks in the journal   ${String(webhooks)}`,
    `items accepted            ${String(accepted)}`,
    `  applied                 ${String(applied)}`,
    `  in the dead letters     ${String(deadLettered)}`,
    `waiting on the streams    ${waiting === null ? 'unknown: Redis does not answer' : String(waiting)}`,
    `waiting in Postgres       ${String(spilled)}`,
    differences.length === 0 ? 'Nothing is lost, nothing is doubled.' : 'These differ:',
    ...differences.map(({ kind, tenantId, id }) => `  ${kind}  ${id}  (tenant ${tenantId})`),
  ];
  return lines.join('\n');
}

/** This group's commands. */
export const webhookCommands: readonly CliCommand[] = [explain, replay, verifyCommand];
