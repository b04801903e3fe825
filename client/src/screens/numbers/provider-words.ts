/** Carriers and states of a number, in words. */
import type { Account, ProviderName } from '../../../../src/contract/entities.ts';
import { constantWords } from '../../components/format.ts';

export const PROVIDERS: Readonly<Record<ProviderName, string>> = {
  cloud: 'WhatsApp Cloud API',
  evolution: 'Evolution API',
  twilio: 'Twilio',
};

const QUALITIES: Readonly<Record<string, string>> = { GREEN: 'High', YELLOW: 'Medium', RED: 'Low' };

/** How customers take what comes from a number, which the carrier has colours for. */
export const qualityWords = (quality: string): string => QUALITIES[quality] ?? constantWords(quality);

/** `TIER_2K`, as the carrier has it: how many customers may be written to first within a day. */
export function limitWords(limit: string): string {
  const [, count, thousand = ''] = /^TIER_(\d+)(K?)$/.exec(limit) ?? [];
  if (count === undefined) return constantWords(limit.replace(/^TIER_/, ''));
  return `${(Number(count) * (thousand === '' ? 1 : 1000)).toLocaleString()} new conversations a day`;
}

export const STATES: Readonly<Record<Account['state'], string>> = {
  connected: 'Connected',
  degraded: 'Having trouble',
  disconnected: 'Not connected',
  reauth: 'Has to be linked again',
};
