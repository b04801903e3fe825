/** Which WhatsApp Business Account a number belongs to, learnt from a webhook that names both. */
import { parseBoundedJson } from '../../lib/bounded-json.ts';
import { asId, asObject, asObjects, orEmpty } from '../../lib/loose.ts';
import { MAX_BODY_DEPTH } from '../provider.ts';

/**
 * The account id, or null if the webhook names none. The test button of Meta's dashboard sends `0`, which also gives
 * null.
 */
export function businessOfCloud(body: Buffer, channel: string): string | null {
  const json = parseBoundedJson(body, MAX_BODY_DEPTH);
  const entries = json.ok ? asObjects(orEmpty(asObject(json.value))['entry']) : [];
  const entry = entries.find((one) =>
    asObjects(one['changes']).some((change) => {
      const metadata = orEmpty(orEmpty(change['value'])['metadata']);
      return asId(metadata['phone_number_id'], 64) === channel;
    }),
  );
  const id = asId(entry?.['id'], 64);
  return id !== null && /^\d{5,64}$/.test(id) ? id : null;
}
