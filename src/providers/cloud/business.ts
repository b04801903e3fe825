/** Which WhatsApp Business Account a number belongs to, learnt from a webhook that names both. */
import { parseBoundedJson } from '../../lib/bounded-json.ts';
import { asId, asObject, asObjects, orEmpty } from '../../lib/loose.ts';
import { MAX_BODY_DEPTH } from '../provider.ts';

/** Null also for the `0` of the dashboard's test button. */
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
