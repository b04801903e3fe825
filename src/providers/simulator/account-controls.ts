/** Controls for what a carrier says about a number: its condition, and the pairing of an instance. */
import { asName, type Loose } from '../../lib/loose.ts';
import type { ApiAnswer } from './api.ts';
import { newCode, wordsOfCode, type Condition } from './condition.ts';
import type { ControlOptions } from './control-options.ts';
import { connectionHook, evolutionCarrier, qrHook } from './evolution-carrier.ts';
import type { SimulatedAccount } from './options.ts';

const refuse = (message: string): ApiAnswer => ({ status: 400, body: { error: { message } } });

const CONNECTIONS = ['open', 'connecting', 'close'] as const;

/**
 * `{ channel, quality?, status?, tokenExpired?, connection?, sender? }`: changes the given parts of a number's
 * condition and answers the whole condition.
 */
export function setCondition({ json }: { readonly json: Loose }, { world }: ControlOptions): ApiAnswer {
  const account = world.account(asName(json['channel']) ?? '');
  if (account === undefined) return refuse('channel: no account of the simulator has this channel');
  const condition = world.condition(account.channel);
  condition.quality = asName(json['quality'], 32) ?? condition.quality;
  condition.status = asName(json['status'], 32) ?? condition.status;
  condition.sender = asName(json['sender'], 32) ?? condition.sender;
  condition.connection = CONNECTIONS.find((one) => one === json['connection']) ?? condition.connection;
  if (typeof json['tokenExpired'] === 'boolean') condition.tokenExpired = json['tokenExpired'];
  return { status: 200, body: { ...condition, code: condition.code !== null } };
}

/**
 * `{ channel, action: 'unlink' | 'renew' | 'scan' }`: simulates what happens on the phone and on the server during
 * pairing.
 */
export async function pairing({ json }: { readonly json: Loose }, options: ControlOptions): Promise<ApiAnswer> {
  const account = options.world.account(asName(json['channel']) ?? '');
  if (account?.provider !== 'evolution') return refuse('channel: no instance of the simulator has this name');
  const condition = options.world.condition(account.channel);
  const step = STEPS.get(asName(json['action']) ?? '');
  if (step === undefined) return refuse(`action: one of ${[...STEPS.keys()].join(', ')}`);
  return { status: 200, body: { delivered: await step(account, condition, options) } };
}

type Step = (account: SimulatedAccount, condition: Condition, options: ControlOptions) => Promise<string>;

const STEPS = new Map<string, Step>([
  [
    'unlink',
    async (account, condition, options) => {
      condition.connection = 'close';
      return post(account, options, connectionHook(account, 'close', options.nowMs()));
    },
  ],
  [
    'renew',
    async (account, condition, options) => {
      condition.code = newCode();
      return post(account, options, qrHook(account, wordsOfCode(condition.code), options.nowMs()));
    },
  ],
  [
    'scan',
    async (account, condition, options) => {
      condition.connection = 'open';
      condition.code = null;
      return post(account, options, connectionHook(account, 'open', options.nowMs()));
    },
  ],
]);

function post(
  { channel }: SimulatedAccount,
  { delivery }: ControlOptions,
  hook: ReturnType<typeof qrHook>,
): Promise<string> {
  return delivery.post(channel, evolutionCarrier, hook);
}
