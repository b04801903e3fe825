/** Carriers and states of a number, in words. */
import type { Account, ProviderName } from '../../../../src/contract/entities.ts';

export const PROVIDERS: Readonly<Record<ProviderName, string>> = {
  cloud: 'WhatsApp Cloud API',
  evolution: 'Evolution API',
  twilio: 'Twilio',
};

export const STATES: Readonly<Record<Account['state'], string>> = {
  connected: 'Connected',
  degraded: 'Having trouble',
  disconnected: 'Not connected',
  reauth: 'Has to be linked again',
};
