/** The whole product with the demo tenant: gateways that serve the inbox, workers, and the simulated carriers. */
import type { Browser, BrowserContextOptions } from 'playwright-core';
import { freePort } from '../../../scripts/bootstrap/wait.mjs';
import { seedDemo } from '../../../src/cli/demo.ts';
import type { AgentVisibility } from '../../../src/contract/entities.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { loadConfig } from '../../../src/platform/config.ts';
import type { Database } from '../../../src/platform/postgres.ts';
import { silentLog } from '../../support/log.ts';
import { createSystem, type System, type Worker } from '../../support/system.ts';
import { Customer } from './customer.ts';
import { Desk } from './desk.ts';

/** People of the demo tenant, by the part of their address before the @. */
export type Who = 'admin' | 'lead' | 'ana' | 'bruno';

export interface Product {
  readonly system: System;
  readonly database: Database;
  readonly nodes: readonly Worker[];
  /** The worker that fetches customers' files. */
  readonly media: Worker;
  readonly simulatorUrl: string;
  passwordOf(email: string): string;
  /** A customer with a phone of their own, who writes to one of the demo's numbers. */
  customer(name: string, number?: 'cloud' | 'evolution'): Customer;
  stop(): Promise<void>;
}

export interface ProductOptions {
  readonly nodes?: number;
  /** Which threads agents see. */
  readonly visibility?: AgentVisibility;
  /** Before any process runs. */
  readonly prepare?: (database: Database) => Promise<void>;
}

/** Logins by address. */
async function seed(system: System, { visibility = 'own_and_unassigned', prepare }: ProductOptions) {
  const { database } = system;
  const logins = await seedDemo({
    config: loadConfig({ ...system.env }),
    log: silentLog,
    clock: systemClock,
    database: () => database,
    announce: () => Promise.resolve(),
  });
  await database.run('test.visibility', (sql) => sql`update tenants set agent_visibility = ${visibility}`);
  await prepare?.(database);
  return new Map(logins.map(({ email, password }) => [email, password]));
}

let customers = 0;

/** Everything is up when this resolves. */
export async function startProduct(options: ProductOptions = {}): Promise<Product> {
  const simulatorPort = await freePort();
  const simulatorUrl = `http://127.0.0.1:${String(simulatorPort)}`;
  const system = await createSystem({ env: { SIMULATOR_URL: simulatorUrl, CLIENT_DIR: 'dist/client' } });
  const passwords = await seed(system, options);
  const [nodes, media] = await Promise.all([
    Promise.all(Array.from({ length: options.nodes ?? 1 }, () => system.spawn('server'))),
    system.spawn('consumers/media'),
    system.spawnTogether(['consumers/inbound', 'consumers/outbound', 'consumers/housekeeping']),
  ]);
  await system.spawn('simulator', { PORT: String(simulatorPort), PUBLIC_URL: nodes[0]?.url ?? '' });
  return {
    system,
    database: system.database,
    nodes,
    media,
    simulatorUrl,
    passwordOf: (email) => passwords.get(email) ?? '',
    customer: (name, number = 'cloud') => {
      customers += 1;
      return new Customer(simulatorUrl, { name, phone: String(15550200000 + customers), number });
    },
    stop: () => system.stop(),
  };
}

/** A colleague's window, logged in and live; `node` says on which gateway. */
export async function openDesk(
  browser: Browser,
  product: Product,
  who: Who,
  options: { readonly node?: number; readonly context?: BrowserContextOptions } = {},
): Promise<Desk> {
  const email = `${who}@demo.test`;
  return await Desk.open(browser, {
    url: product.nodes[options.node ?? 0]?.url ?? '',
    email,
    password: product.passwordOf(email),
    ...(options.context === undefined ? {} : { context: options.context }),
  });
}
