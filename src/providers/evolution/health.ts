/**
 * Health check of an instance: whether it is connected. A broken network causes no event and only shows as "connecting"
 * for ever, so we have to ask.
 */
import { asText, orEmpty } from '../../lib/loose.ts';
import { refusedState, type AccountCheck } from '../managing.ts';
import type { Provider } from '../provider.ts';
import { silent } from '../asking.ts';
import { instanceCall, read } from './asking.ts';

type Verdict = Pick<AccountCheck, 'state' | 'reason'>;

const STATES = new Map<string, Verdict>([
  ['open', { state: 'connected', reason: null }],
  ['connecting', { state: 'connecting', reason: null }],
  ['close', { state: 'disconnected', reason: 'The instance is not connected to a phone: pair it again.' }],
]);

/** `GET /instance/connectionState/{instance}`. Never throws. */
export const checkEvolution: NonNullable<Provider['check']> = async ({ get }, credentials) => {
  const found = read(await get(instanceCall(credentials, 'instance/connectionState')));
  if (found.kind === 'silent') return found;
  if (found.kind === 'refused') return refusedState(found);
  const said = asText(orEmpty(found.answer['instance'])['state'], 32) ?? '';
  if (said === '') return silent('The Evolution API server did not say how the instance is.');
  const verdict = STATES.get(said) ?? { state: 'degraded', reason: `The instance is in the state "${said}".` };
  return { kind: 'checked', ...verdict, health: null };
};
