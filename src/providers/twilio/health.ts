/**
 * Health check of a WhatsApp sender at Twilio: first its account, then the sender itself.
 * https://www.twilio.com/docs/whatsapp/api/senders
 */
import { asName, asObjects, orEmpty, type Loose } from '../../lib/loose.ts';
import { refusedState, type AccountCheck, type CarrierHttp } from '../managing.ts';
import type { Provider } from '../provider.ts';
import type { Credentials } from '../sending.ts';
import { askTwilio, hostOf, nextPage } from './asking.ts';

type Verdict = Pick<AccountCheck, 'state' | 'reason'>;

const FINE: Verdict = { state: 'connected', reason: null };

const ACCOUNTS = new Map<string, Verdict>([
  ['active', FINE],
  ['suspended', { state: 'reauth', reason: 'Twilio has suspended the account: see its console.' }],
  ['closed', { state: 'reauth', reason: 'The Twilio account is closed.' }],
]);

const SENDERS = new Map<string, Verdict>([
  ['ONLINE', FINE],
  ['ONLINE:UPDATING', FINE],
  ['OFFLINE', { state: 'disconnected', reason: 'Twilio reports this sender as offline: see its console.' }],
  ['CREATING', { state: 'degraded', reason: 'Twilio is still setting up this sender.' }],
  ['VERIFYING', { state: 'degraded', reason: 'Twilio is still verifying this sender.' }],
  ['PENDING_VERIFICATION', { state: 'reauth', reason: 'This sender waits to be verified in the Twilio console.' }],
  ['DRAFT', { state: 'reauth', reason: 'This sender is only a draft in the Twilio console.' }],
]);

const MAX_PAGES = 5;

/** Checks the account, then the sender. Never throws. */
export const checkTwilio: NonNullable<Provider['check']> = async (http, credentials) => {
  const { accountSid } = credentials;
  const account = await askTwilio(
    http,
    credentials,
    `${hostOf(credentials, 'api')}/2010-04-01/Accounts/${encodeURIComponent(accountSid ?? '')}.json`,
  );
  if (account.kind === 'silent') return account;
  if (account.kind === 'refused') return refusedState(account);
  const verdict = ACCOUNTS.get(asName(account.answer['status'], 32) ?? 'active') ?? FINE;
  if (verdict !== FINE) return { kind: 'checked', ...verdict, health: null };
  const sender = await findSender(http, credentials);
  // If there is no such sender (a sandbox has no senders API), the account alone decides.
  if (sender === null) return { kind: 'checked', ...FINE, health: null };
  const said = asName(sender['status'], 64) ?? 'ONLINE';
  const found = SENDERS.get(said) ?? { state: 'degraded', reason: `Twilio reports this sender as ${said}.` };
  return { kind: 'checked', ...found, health: healthOf(sender) };
};

async function findSender(http: CarrierHttp, credentials: Credentials): Promise<Loose | null> {
  const host = hostOf(credentials, 'messaging');
  let page: string | null = `${host}/v2/Channels/Senders?Channel=whatsapp&PageSize=100`;
  for (let count = 0; page !== null && count < MAX_PAGES; count += 1) {
    const found = await askTwilio(http, credentials, page);
    if (found.kind !== 'read') return null;
    const senders = asObjects(found.answer['senders']);
    const sender = senders.find((one) => one['sender_id'] === credentials.externalId);
    if (sender !== undefined) return sender;
    page = nextPage(orEmpty(found.answer['meta'])['next_page_url'], host);
  }
  return null;
}

function healthOf(sender: Loose): AccountCheck['health'] {
  const properties = orEmpty(sender['properties']);
  return {
    quality: asName(properties['quality_rating'], 64),
    throughput: null,
    messagingLimit: asName(properties['messaging_limit'], 64),
    nameStatus: null,
    verifiedName: asName(orEmpty(sender['profile'])['name'], 200),
  };
}
