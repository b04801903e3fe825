/**
 * Uploads a file to Meta before the message that shows it. Meta keeps it for 30 days under an id.
 * https://developers.facebook.com/docs/whatsapp/cloud-api/reference/media#upload-media
 */
import { asId, asNumber, asObject, orEmpty } from '../../lib/loose.ts';
import { fileDeadlineMs, multipart } from '../file-body.ts';
import { retryAfterMs } from '../outcome.ts';
import type { Provider } from '../provider.ts';
import type { HttpResult, UploadOutcome } from '../sending.ts';
import { failureOf } from './failures.ts';
import { graphUrl } from './send.ts';

/** Streams the file; never throws. */
export const uploadCloud: NonNullable<Provider['upload']> = async (post, credentials, file) => {
  const named = { ...file, name: file.filename ?? 'file' };
  const result = await post({
    url: `${graphUrl(credentials, credentials.externalId)}/media`,
    headers: { authorization: `Bearer ${credentials.accessToken}` },
    streamed: multipart({ messaging_product: 'whatsapp', type: file.mime }, named),
    deadlineMs: fileDeadlineMs(file.sizeBytes),
  });
  return outcomeOf(result);
};

const FAILED = 'The file could not be handed to WhatsApp';

/** Anything but a clear refusal is retried: an unused upload costs nothing. */
function outcomeOf(result: HttpResult): UploadOutcome {
  const again = (code: string, waitMs: number | null = null): UploadOutcome => {
    return { kind: 'refused', failure: { code, title: FAILED, action: 'retry', retryAfterMs: waitMs } };
  };
  if (!result.ok) return again('unreachable');
  const { status, headers } = result;
  const body = orEmpty(result.body);
  const uploadedId = asId(body['id']);
  if (uploadedId !== null && status < 300) return { kind: 'uploaded', uploadedId };
  const code = asNumber(asObject(body['error'])?.['code']);
  if (code === null || code === UNKNOWN) return again(`http_${String(status)}`, retryAfterMs(headers));
  return { kind: 'refused', failure: failureOf(String(code), retryAfterMs(headers)) };
}

/** Meta's code for "Something went wrong". */
const UNKNOWN = 131000;
