/**
 * Health check of a Cloud API number: reads the number itself.
 * https://developers.facebook.com/docs/graph-api/reference/whats-app-business-account-to-number-current-status
 */
import { asName, orEmpty, type Loose } from '../../lib/loose.ts';
import { refusedState, type AccountCheck } from '../managing.ts';
import type { Provider } from '../provider.ts';
import { askGraph } from './graph.ts';
import { graphUrl } from './send.ts';

const FIELDS =
  'display_phone_number,verified_name,quality_rating,status,name_status,throughput,messaging_limit_tier,platform_type';

type Verdict = Pick<AccountCheck, 'state' | 'reason'>;

const FINE: Verdict = { state: 'connected', reason: null };

/** Meta's states of a number. An unlisted state is reported as degraded, in Meta's own word. */
const STATES = new Map<string, Verdict>([
  ['CONNECTED', FINE],
  ['BANNED', { state: 'disconnected', reason: 'Meta has banned this number: appeal in the WhatsApp Manager.' }],
  ['DISCONNECTED', { state: 'reauth', reason: 'This number is not registered with the Cloud API: register it again.' }],
  ['OFFLINE', { state: 'disconnected', reason: 'Meta reports this number as offline.' }],
  ['PENDING', { state: 'degraded', reason: 'Meta has not finished setting up this number.' }],
  ['UNVERIFIED', { state: 'reauth', reason: 'This number is not verified with Meta: verify it by code.' }],
  ['FLAGGED', { state: 'degraded', reason: 'Meta has flagged this number because of its quality.' }],
  ['RESTRICTED', { state: 'degraded', reason: 'Meta lets this number begin no new conversations for now.' }],
  ['RATE_LIMITED', { state: 'degraded', reason: 'This number has reached its limit of new conversations.' }],
  ['MIGRATED', { state: 'reauth', reason: 'This number was moved to another account: add it there.' }],
]);

const RED: Verdict = {
  state: 'degraded',
  reason: 'Customers block or report this number (quality rating red): Meta may restrict it.',
};

/** Reads the number and judges its state. Never throws. */
export const checkCloud: NonNullable<Provider['check']> = async (http, credentials) => {
  const read = await askGraph(http, credentials, graphUrl(credentials, credentials.externalId), { fields: FIELDS });
  if (read.kind === 'silent') return read;
  if (read.kind === 'refused') return refusedState(read);
  return { kind: 'checked', ...verdictOf(read.answer), health: healthOf(read.answer) };
};

function verdictOf(answer: Loose): Verdict {
  const status = asName(answer['status'], 64) ?? 'CONNECTED';
  const verdict = STATES.get(status) ?? { state: 'degraded', reason: `Meta reports this number as ${status}.` };
  return verdict === FINE && answer['quality_rating'] === 'RED' ? RED : verdict;
}

function healthOf(answer: Loose): AccountCheck['health'] {
  return {
    quality: asName(answer['quality_rating'], 64),
    throughput: asName(orEmpty(answer['throughput'])['level'], 64),
    messagingLimit: asName(answer['messaging_limit_tier'], 64),
    nameStatus: asName(answer['name_status'], 64),
    verifiedName: asName(answer['verified_name'], 200),
  };
}
