/**
 * Downloads attachments from an Evolution API server. The bytes are in the webhook, or in the server's own S3, or the
 * server decrypts them on request. The `.enc` URL in the message is useless without the key.
 * https://doc.evolution-api.com/v2/api-reference/chat-controller/get-base64
 */
import { base64Field } from '../../lib/base64-field.ts';
import { fileOf, noMedia, withoutFile, type MediaOutcome, type WantedMedia } from '../media.ts';
import type { Provider } from '../provider.ts';
import type { Credentials } from '../sending.ts';

type Fetch = Parameters<NonNullable<Provider['fetchMedia']>>[0];
type Way = () => Promise<MediaOutcome>;

/** Tries the available ways in turn until one gives the bytes. Each new attempt starts one way further on. */
export const fetchMediaEvolution: NonNullable<Provider['fetchMedia']> = async (fetch, credentials, wanted) => {
  const ways = waysTo(fetch, credentials, wanted);
  let outcome = noMedia('no_way', 'final', 'WhatsApp did not say where this file is.');
  for (const way of ways.slice(Math.min(wanted.attempt, ways.length) - 1)) {
    outcome = await way();
    if (outcome.kind === 'bytes') return outcome;
  }
  return outcome;
};

const UNKNOWN = { sha256: null, sizeBytes: null };

function waysTo(fetch: Fetch, credentials: Credentials, wanted: WantedMedia): Way[] {
  const { openWebhook, url, providerMessageId: id } = wanted;
  const ways: Way[] = [];
  if (openWebhook !== null) {
    ways.push(() => Promise.resolve({ kind: 'bytes', bytes: base64Field(openWebhook()), ...UNKNOWN }));
  }
  if (url !== null) ways.push(async () => fileOf(await fetch({ url, headers: {} }), UNKNOWN));
  if (id !== null) ways.push(() => askServer(fetch, credentials, id));
  return ways;
}

/** The server answers 201 with the file as base64 in JSON. It is read as a stream. */
async function askServer(fetch: Fetch, credentials: Credentials, id: string): Promise<MediaOutcome> {
  const { baseUrl, externalId, accessToken } = credentials;
  const url = `${baseUrl.replace(/\/+$/, '')}/chat/getBase64FromMediaMessage/${encodeURIComponent(externalId)}`;
  const answer = await fetch({ url, headers: { apikey: accessToken }, json: { message: { key: { id } } } });
  if (answer.ok && answer.status >= 200 && answer.status < 300) {
    return { kind: 'bytes', bytes: base64Field(answer.body as AsyncIterable<Buffer>), ...UNKNOWN };
  }
  if (answer.ok) answer.body.destroy();
  // The server keeps every message for its lifetime, but answers 400 while its phone is not connected.
  if (answer.ok && answer.status === 400)
    return noMedia('http_400', 'retry', 'The phone of this number did not answer.');
  return withoutFile(answer);
}
