/** `hunfly load prepare`: businesses, numbers, people and tokens for load scripts. */
import { randomBytes } from 'node:crypto';
import { LoadPlan, type LoadTenant } from '../contract/load.ts';
import { createLoadTenants, type MadeTenant } from '../inbox/load/create-load-tenants.ts';
import { createSessions, type Sessions } from '../inbox/team/session.ts';
import { encryptionKey } from '../platform/crypto.ts';
import { postgresClock } from '../platform/shared-clock.ts';
import { optional, UsageError, type CliArgs, type CliCommand } from './command.ts';

const text = { type: 'string' } as const;
const TOKEN_TTL_MS = 86_400_000;
/** Approximate number of people inserted per transaction. */
const CHUNK_PEOPLE = 5_000;

function count(args: CliArgs, name: string, { standard, most }: { standard: number; most: number }): number {
  const value = Number(optional(args, name) ?? String(standard));
  if (Number.isInteger(value) && value >= 1 && value <= most) return value;
  throw new UsageError(`--${name} must be a whole number from 1 to ${String(most)}`);
}

const prepare: CliCommand = {
  path: 'load prepare',
  usage: '[--tenants 20] [--agents 5] [--accounts 1] [--url U]',
  example: '--tenants 2 --agents 10',
  about: 'makes businesses, Cloud API numbers, agents and their tokens for load scripts; prints secrets',
  options: { tenants: text, agents: text, accounts: text, url: text },
  async run(args, context) {
    const tenants = count(args, 'tenants', { standard: 20, most: 10_000 });
    const agents = count(args, 'agents', { standard: 5, most: 1_000 });
    const accounts = count(args, 'accounts', { standard: 1, most: 100 });
    const { config } = context;
    const database = context.database();
    const clock = await postgresClock(database);
    const url = (optional(args, 'url') ?? config.publicUrl ?? 'http://localhost:3000').replace(/\/+$/, '');
    if (!URL.canParse(url)) throw new UsageError('--url must be an http URL');
    const sessions = createSessions({ database, clock, secret: config.appJwtSecret, supabase: config.supabase });
    const key = encryptionKey(config.encryptionKeys[0]);
    const run = randomBytes(4).toString('hex');
    const perChunk = Math.max(1, Math.floor(CHUNK_PEOPLE / agents));
    const made: MadeTenant[] = [];
    for (let first = 1; first <= tenants; first += perChunk) {
      const size = { run, first, tenants: Math.min(perChunk, tenants - first + 1), agents, accounts };
      made.push(...(await database.transaction('cli.load_prepare', (tx) => createLoadTenants(tx, size, key))));
    }
    const json = LoadPlan.parse({ url, run, tenants: made.map((tenant) => withTokens(tenant, sessions)) });
    const people = String(tenants * agents);
    return { json, text: `Made ${String(tenants)} businesses with ${people} people (run ${run}) for ${url}.` };
  },
};

function withTokens({ tenantId, slug, accounts, agents }: MadeTenant, sessions: Sessions): LoadTenant {
  return {
    tenantId,
    slug,
    accounts: [...accounts],
    agents: agents.map(({ memberId, userId, email }) => {
      const { token } = sessions.issue(userId, TOKEN_TTL_MS);
      return { memberId, email, token };
    }),
  };
}

/** This group's commands. */
export const loadCommands: readonly CliCommand[] = [prepare];
