/** A simulator with one number per carrier, a catcher for its webhooks, and a client for its controls. */
import { systemClock } from '../../src/lib/clock.ts';
import type { SimulatedAccount, SimulatorOptions } from '../../src/providers/simulator/options.ts';
import { startSimulator, type Simulator } from '../../src/providers/simulator/server.ts';
import { startWebhookCatcher, type WebhookCatcher } from './webhook-catcher.ts';

/** The numbers that the simulator plays in tests. */
export const ACCOUNTS = {
  cloud: {
    provider: 'cloud',
    channel: '100000000000001',
    phone: '15550100000',
    secret: 'app-secret-of-the-test',
    accessToken: 'cloud-token',
  },
  evolution: {
    provider: 'evolution',
    channel: 'acme-support',
    phone: '15550100050',
    secret: 'jwt-key-of-the-test',
    accessToken: 'evolution-key',
  },
  twilio: {
    provider: 'twilio',
    channel: 'whatsapp:+15550100070',
    phone: '15550100070',
    secret: 'auth-token-of-the-test',
    accessToken: 'auth-token-of-the-test',
    accountSid: 'AC00000000000000000000000000000001',
  },
} as const satisfies Record<SimulatedAccount['provider'], SimulatedAccount>;

/** What a test drives. `control` posts to the simulator's controls and returns the answer's body. */
export interface Simulated {
  readonly simulator: Simulator;
  readonly catcher: WebhookCatcher;
  control(path: string, json?: unknown): Promise<Record<string, unknown>>;
  stop(): Promise<void>;
}

/** Starts both on free ports; statuses are only reported when asked for, unless `options` says otherwise. */
export async function startSimulated(options: Partial<SimulatorOptions> = {}): Promise<Simulated> {
  const catcher = await startWebhookCatcher();
  const simulator = await startSimulator({
    port: 0,
    gatewayUrl: catcher.url,
    accounts: Object.values(ACCOUNTS),
    pace: { messagesPerMinute: 0 },
    demo: false,
    autoStatuses: false,
    clock: systemClock,
    random: () => 0.5,
    ...options,
  });
  return {
    simulator,
    catcher,
    control: async (path, json) => {
      const init = json === undefined ? {} : { method: 'POST', body: JSON.stringify(json) };
      const response = await fetch(`${simulator.url}/simulator/api/${path}`, init);
      return (await response.json()) as Record<string, unknown>;
    },
    stop: async () => {
      await simulator.stop();
      await catcher.stop();
    },
  };
}
