/**
 * Lists the messages and states in the server's own database, as the webhooks that would have reported them. What the
 * server itself missed is not there.
 */
import { asId, asNumber, asObjects, asText, instantFromSeconds, orEmpty, type Loose } from '../../lib/loose.ts';
import type { Missed, MissedPage } from '../managing.ts';
import type { Provider } from '../provider.ts';
import type { Credentials } from '../sending.ts';
import { instanceCall, read } from './asking.ts';
import { stateOf } from './scope.ts';

const PAGE = 100;

/**
 * `POST /chat/findMessages/{instance}`, newest first. Older servers ignore the time filter, so older records are
 * dropped here.
 */
export const listMissedEvolution: NonNullable<Provider['listMissed']> = async (
  { post },
  credentials,
  { sinceMs, page },
) => {
  const number = page === null ? 1 : Number(page);
  const where = { messageTimestamp: { gte: new Date(sinceMs).toISOString(), lte: FAR } };
  const json = { where, page: number, offset: PAGE };
  const found = read(await post({ ...instanceCall(credentials, 'chat/findMessages'), json }));
  return found.kind === 'read' ? pageOf(credentials, orEmpty(found.answer['messages']), { number, sinceMs }) : found;
};

/** The server accepts a range only with both ends. */
const FAR = '2100-01-01T00:00:00.000Z';

function pageOf(
  credentials: Credentials,
  messages: Loose,
  { number, sinceMs }: { readonly number: number; readonly sinceMs: number },
): MissedPage {
  const records = asObjects(messages['records']);
  const recent = records.filter((record) => (instantFromSeconds(record['messageTimestamp']) ?? Infinity) >= sinceMs);
  const pages = asNumber(messages['pages']) ?? number;
  const isLast = number >= pages || recent.length === 0;
  const items = recent.flatMap((record) => missedOf(credentials, record));
  return { kind: 'page', items, next: isLast ? null : String(number + 1) };
}

const PHONES = new Set<unknown>(['android', 'ios', 'desktop']);

function missedOf({ externalId }: Credentials, record: Loose): Missed[] {
  const key = orEmpty(record['key']);
  const providerMessageId = asId(key['id']);
  if (providerMessageId === null) return [];
  const ours = key['fromMe'] === true;
  const event = ours && !PHONES.has(record['source']) ? 'send.message' : 'messages.upsert';
  const { MessageUpdate: updates, ...message } = record;
  const common = { direction: ours ? 'outbound' : 'inbound', providerMessageId } as const;
  const told = { ...common, body: webhook(externalId, event, message), status: null };
  return ours ? [told, ...asObjects(updates).flatMap((update) => stateMissed(externalId, key, update))] : [told];
}

function stateMissed(externalId: string, key: Loose, update: Loose): Missed[] {
  const status = stateOf(asText(update['status'], 32));
  const providerMessageId = asId(key['id']);
  if (status === undefined || status === 'pending' || providerMessageId === null) return [];
  const data = { keyId: providerMessageId, remoteJid: key['remoteJid'], fromMe: true, status: update['status'] };
  return [{ body: webhook(externalId, 'messages.update', data), direction: 'outbound', providerMessageId, status }];
}

/** Builds a webhook body. `reconciled` marks it as one that we made ourselves. */
function webhook(instance: string, event: string, data: Loose): Buffer {
  return Buffer.from(JSON.stringify({ event, instance, data, reconciled: true }));
}
