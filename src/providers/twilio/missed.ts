/**
 * Lists the messages and states that Twilio has, as the webhooks that would have reported them. Twilio retries hardly
 * any webhook, so this list is the way to recover lost ones.
 * https://www.twilio.com/docs/messaging/api/message-resource#read-multiple-message-resources
 */
import { asName, asNumber, asObjects, type Loose } from '../../lib/loose.ts';
import type { CarrierHttp, Missed } from '../managing.ts';
import type { Provider } from '../provider.ts';
import type { Credentials } from '../sending.ts';
import { askTwilio, hostOf, nextPage } from './asking.ts';
import { SENT_AT } from './scope.ts';

/** Lists both directions, one after the other: first by `To`, then by `From`. */
export const listMissedTwilio: NonNullable<Provider['listMissed']> = async (http, credentials, { sinceMs, page }) => {
  const [end = 'To', url = listUrl(credentials, 'To', sinceMs)] = page === null ? [] : page.split(' ', 2);
  const found = await askTwilio(http, credentials, url);
  if (found.kind !== 'read') return found;
  const next = nextPage(found.answer['next_page_uri'], hostOf(credentials, 'api'));
  const items: Missed[] = [];
  for (const message of asObjects(found.answer['messages']))
    items.push(...(await missedOf(http, credentials, message)));
  return { kind: 'page', items, next: following(credentials, end, next, sinceMs) };
};

function listUrl(credentials: Credentials, end: 'To' | 'From', sinceMs: number): string {
  const query = { [end]: credentials.externalId, 'DateSent>': new Date(sinceMs).toISOString(), PageSize: '100' };
  return `${accountUrl(credentials)}/Messages.json?${new URLSearchParams(query).toString()}`;
}

function accountUrl(credentials: Credentials): string {
  return `${hostOf(credentials, 'api')}/2010-04-01/Accounts/${encodeURIComponent(credentials.accountSid ?? '')}`;
}

function following(credentials: Credentials, end: string, next: string | null, sinceMs: number): string | null {
  if (next !== null) return `${end} ${next}`;
  return end === 'To' ? `From ${listUrl(credentials, 'From', sinceMs)}` : null;
}

type Form = Readonly<Record<string, string>>;

const STATES = new Map<string, NonNullable<Missed['status']>>([
  ['sent', 'sent'],
  ['delivered', 'delivered'],
  ['read', 'read'],
  ['undelivered', 'failed'],
  ['failed', 'failed'],
]);

async function missedOf(http: CarrierHttp, credentials: Credentials, message: Loose): Promise<Missed[]> {
  const providerMessageId = asName(message['sid'], 64);
  if (providerMessageId === null) return [];
  const common = { ...endsOf(message), MessageSid: providerMessageId, AccountSid: credentials.accountSid ?? '' };
  if (asName(message['direction'], 32) === 'inbound') {
    const media = await mediaOf(http, credentials, message);
    const body = webhook(
      { ...common, ...media, SmsStatus: 'received', Body: asName(message['body'], 65_536) ?? '' },
      message,
    );
    return [{ body, direction: 'inbound', providerMessageId, status: null }];
  }
  const said = asName(message['status'], 32) ?? '';
  const status = STATES.get(said);
  if (status === undefined) return [];
  const code = asNumber(message['error_code']);
  const error: Form =
    code === null ? {} : { ErrorCode: String(code), ErrorMessage: asName(message['error_message'], 512) ?? '' };
  return [
    {
      body: webhook({ ...common, MessageStatus: said, ...error }, message),
      direction: 'outbound',
      providerMessageId,
      status,
    },
  ];
}

function endsOf(message: Loose): Form {
  return { From: asName(message['from'], 256) ?? '', To: asName(message['to'], 256) ?? '' };
}

/** Attachments are separate resources. If they cannot be read, the message is reported with its text only. */
async function mediaOf(http: CarrierHttp, credentials: Credentials, message: Loose): Promise<Form> {
  if ((asNumber(message['num_media']) ?? 0) < 1) return { NumMedia: '0' };
  const list = `${accountUrl(credentials)}/Messages/${encodeURIComponent(String(message['sid']))}/Media`;
  const found = await askTwilio(http, credentials, `${list}.json`);
  const files = found.kind === 'read' ? asObjects(found.answer['media_list']) : [];
  const named = files.filter((file) => asName(file['sid'], 64) !== null);
  const fields = named.flatMap((file, index) => [
    [`MediaUrl${String(index)}`, `${list}/${String(file['sid'])}`],
    [`MediaContentType${String(index)}`, asName(file['content_type'], 128) ?? ''],
  ]);
  return { NumMedia: String(named.length), ...(Object.fromEntries(fields) as Form) };
}

/** Builds a webhook body. `HunflyReconciled` marks it as one that we made ourselves. */
function webhook(fields: Form, message: Loose): Buffer {
  const sentMs = Date.parse(asName(message['date_sent'], 64) ?? '');
  const time: Form = Number.isNaN(sentMs) ? {} : { [SENT_AT]: String(sentMs) };
  return Buffer.from(new URLSearchParams({ ...fields, ...time, HunflyReconciled: '1' }).toString());
}
