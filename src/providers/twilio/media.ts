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
  const asked = atBase(url, credentials);
  return fileOf(await fetch({ url: asked, headers: headersFor(asked, credentials) }), {
    sha256: null,
    sizeBytes: null,
  });
};

/** What webhooks say of Twilio's API is asked where this account's API is. */
function atBase(url: string, { baseUrl }: Credentials): string {
  const { origin, pathname, search } = new URL(url);
  return origin === 'https://api.twilio.com' ? `${new URL(baseUrl).origin}${pathname}${search}` : url;
}

function headersFor(url: string, { baseUrl, accountSid, accessToken }: Credentials): Record<string, string> {
  if (new URL(url).origin !== new URL(baseUrl).origin) return {};
  return { authorization: `Basic ${Buffer.from(`${accountSid ?? ''}:${accessToken}`).toString('base64')}` };
}
