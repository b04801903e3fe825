/**
 * Downloads attachments from the Cloud API in two steps: the media id gives a URL that is valid for five minutes, and
 * the URL gives the bytes. Both requests need the token. Ids of media that customers send are valid for seven days.
 * https://developers.facebook.com/docs/whatsapp/cloud-api/reference/media
 */
import { asLong, asNumber, asObject, orEmpty, type Loose } from '../../lib/loose.ts';
import { fetchableUrl, sha256Hex } from '../media-fields.ts';
import { fileOf, jsonOf, noMedia, withoutFile, type MediaAnswer, type MediaOutcome } from '../media.ts';
import type { Provider } from '../provider.ts';
import type { Credentials } from '../sending.ts';
import { graphUrl } from './send.ts';

type Fetch = Parameters<NonNullable<Provider['fetchMedia']>>[0];

interface Ticket {
  readonly url: string;
  readonly sha256: string | null;
  readonly sizeBytes: number | null;
}

/** The URL can expire between the two steps. If it answers 404, we ask for a new one, once. */
export const fetchMediaCloud: NonNullable<Provider['fetchMedia']> = async (fetch, credentials, wanted) => {
  const { providerMediaId } = wanted;
  if (providerMediaId === null) return noMedia('no_id', 'final', 'WhatsApp did not say where this file is.');
  const first = await fetchOnce(fetch, credentials, providerMediaId);
  return first === 'expired' ? orGone(await fetchOnce(fetch, credentials, providerMediaId)) : first;
};

function orGone(outcome: MediaOutcome | 'expired'): MediaOutcome {
  if (outcome !== 'expired') return outcome;
  return noMedia('http_404', 'retry', 'WhatsApp does not hand out this file at the moment.');
}

async function fetchOnce(fetch: Fetch, credentials: Credentials, id: string): Promise<MediaOutcome | 'expired'> {
  const headers = { authorization: `Bearer ${credentials.accessToken}` };
  const query = `?phone_number_id=${encodeURIComponent(credentials.externalId)}`;
  const answer = await fetch({ url: graphUrl(credentials, id) + query, headers });
  const ticket = await ticketOf(answer);
  if ('kind' in ticket) return ticket;
  const file = await fetch({ url: ticket.url, headers });
  if (file.ok && file.status === 404) {
    file.body.destroy();
    return 'expired';
  }
  return fileOf(file, ticket);
}

async function ticketOf(answer: MediaAnswer): Promise<Ticket | MediaOutcome> {
  if (!answer.ok) return withoutFile(answer);
  const said = await jsonOf(answer.body).catch(() => null);
  const error = asObject(said?.['error']);
  if (error !== null) return fromError(error, answer);
  if (answer.status !== 200) return withoutFile(answer);
  const { url, sha256, file_size: size } = orEmpty(said);
  const usable = fetchableUrl(url);
  if (usable === null) return noMedia('no_url', 'retry', 'WhatsApp did not say where this file is.');
  return { url: usable, sha256: sha256Hex(sha256), sizeBytes: asLong(size) };
}

/**
 * Meta answers code 100 for an unknown or expired id.
 * https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes
 */
const UNKNOWN_ID = new Set([100, 131052, 131053]);
const NO_ACCESS = new Set([0, 3, 10, 190, 131005]);

function fromError(error: Loose, answer: MediaAnswer): MediaOutcome {
  const code = asNumber(error['code']) ?? -1;
  if (UNKNOWN_ID.has(code)) {
    return noMedia(String(code), 'final', 'WhatsApp does not have this file any more. Ask for it to be sent again.');
  }
  if (NO_ACCESS.has(code)) {
    return noMedia(String(code), 'retry', 'The access token of this number does not open this file.');
  }
  return withoutFile(answer);
}
