/**
 * Attachments at Twilio: its API redirects to a signed address elsewhere. The account's credentials go to the API's own
 * host only, whatever address a webhook names.
 * https://www.twilio.com/docs/messaging/api/media-resource
 */
import { fileOf, noMedia } from '../media.ts';
import type { Provider } from '../provider.ts';
import type { Credentials } from '../sending.ts';

/** Twilio promises neither size nor checksum. */
export const fetchMediaTwilio: NonNullable<Provider['fetchMedia']> = async (fetch, credentials, { url }) => {
  if (url === null) return noMedia('no_url', 'final', 'Twilio did not say where this file is.');
  return fileOf(await fetch({ url, headers: headersFor(url, credentials) }), { sha256: null, sizeBytes: null });
};

function headersFor(url: string, { baseUrl, accountSid, accessToken }: Credentials): Record<string, string> {
  if (new URL(url).origin !== new URL(baseUrl).origin) return {};
  return { authorization: `Basic ${Buffer.from(`${accountSid ?? ''}:${accessToken}`).toString('base64')}` };
}
