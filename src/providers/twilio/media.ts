/**
 * Downloads attachments from Twilio, whose API redirects to a signed URL elsewhere. The account's credentials go only
 * to the API's own host, whatever URL a webhook names.
 * https://www.twilio.com/docs/messaging/api/media-resource
 */
import { fileOf, noMedia } from '../media.ts';
import type { Provider } from '../provider.ts';
import type { Credentials } from '../sending.ts';

/** Downloads one file. Twilio promises neither size nor checksum. */
export const fetchMediaTwilio: NonNullable<Provider['fetchMedia']> = async (fetch, credentials, { url }) => {
  if (url === null) return noMedia('no_url', 'final', 'Twilio did not say where this file is.');
  const asked = atBase(url, credentials);
  return fileOf(await fetch({ url: asked, headers: headersFor(asked, credentials) }), {
    sha256: null,
    sizeBytes: null,
  });
};

/** Replaces Twilio's public API host, which webhooks name, with the host of this account's base URL. */
function atBase(url: string, { baseUrl }: Credentials): string {
  const { origin, pathname, search } = new URL(url);
  return origin === 'https://api.twilio.com' ? `${new URL(baseUrl).origin}${pathname}${search}` : url;
}

function headersFor(url: string, { baseUrl, accountSid, accessToken }: Credentials): Record<string, string> {
  if (new URL(url).origin !== new URL(baseUrl).origin) return {};
  return { authorization: `Basic ${Buffer.from(`${accountSid ?? ''}:${accessToken}`).toString('base64')}` };
}
