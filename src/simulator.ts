/** Entry point of the WhatsApp simulator: plays the carriers of the demo tenant's numbers. Development only. */
import { systemClock } from './lib/clock.ts';
import { loadConfigOrExit } from './platform/config.ts';
import { DEMO_ACCOUNTS } from './providers/simulator/demo-accounts.ts';
import { startSimulator } from './providers/simulator/server.ts';

const MESSAGES_PER_MINUTE = 12;

const config = loadConfigOrExit();
const secretOf = { cloud: config.meta.appSecrets[0] ?? '', evolution: config.evolution.webhookSecret ?? '' };

const simulator = await startSimulator({
  port: config.port,
  gatewayUrl: config.publicUrl ?? 'http://127.0.0.1:3000',
  accounts: DEMO_ACCOUNTS.map((account) => ({ ...account, secret: secretOf[account.provider] })),
  pace: { messagesPerMinute: config.demo ? MESSAGES_PER_MINUTE : 0 },
  demo: config.demo,
  clock: systemClock,
  random: Math.random,
});
process.send?.({ type: 'ready', port: Number(new URL(simulator.url).port) });

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, () => {
    void simulator.stop().finally(() => process.exit(0));
  });
}
