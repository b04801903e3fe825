/** The numbers of the demo tenant, shared by its seed and the simulator. */

/** One number of the demo. Its webhook secret is that of the installation. */
export interface DemoAccount {
  readonly provider: 'cloud' | 'evolution';
  readonly channel: string;
  readonly name: string;
  /** Digits. */
  readonly phone: string;
  /** Only the simulator accepts it; it opens nothing real. */
  readonly accessToken: string;
}

/** A Cloud API number and a WhatsApp Web number. */
export const DEMO_ACCOUNTS: readonly DemoAccount[] = [
  {
    provider: 'cloud',
    channel: '100000000000001',
    name: 'Acme Support',
    phone: '15550100000',
    accessToken: 'simulated-cloud-token',
  },
  {
    provider: 'evolution',
    channel: 'acme-support',
    name: 'Acme Shop',
    phone: '15550100050',
    accessToken: 'simulated-evolution-key',
  },
];
