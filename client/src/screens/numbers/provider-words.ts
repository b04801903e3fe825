/** Display texts for carriers and for the states of a number. */
import type { Account, ProviderName } from '../../../../src/contract/entities.ts';
import { constantWords } from '../../components/format.ts';

export const PROVIDERS: Readonly<Record<ProviderName, string>> = {
  cloud: 'WhatsApp Cloud API',
  evolution: 'Evolution API',
  twilio: 'Twilio',
};

const QUALITIES: Readonly<Record<string, string>> = { GREEN: 'High', YELLOW: 'Medium', RED: 'Low' };

/** The carrier's quality rating of a number, which it gives as a color. */
export const qualityWords = (quality: string): string => QUALITIES[quality] ?? constantWords(quality);

/** Text for a messaging limit such as `TIER_2K`: how many customers may be contacted first within a day. */
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
