/** `/simulator/api/*`: the simulator's own controls, for its page, for tests and for the command line. */
import { asId, asList, asName, asNumber, asObject, asText, type Loose } from '../../lib/loose.ts';
import { pairing, setCondition } from './account-controls.ts';
import type { ApiAnswer } from './api.ts';
import type { StatusReport } from './carrier.ts';
import type { ControlOptions } from './control-options.ts';
import { FILE_KINDS } from './customer-files.ts';
import { API_MODES, HOOK_MODES } from './misbehaviour.ts';
import type { SimulatedAccount } from './options.ts';
import type { Written } from './phone.ts';
import { scenarioNamed, SCENARIOS } from './scenarios.ts';
import { stateOf } from './view.ts';
import type { Chat, World } from './world.ts';

/** A request to the controls. `path` is the part after `/simulator/api/`. */
export interface ControlRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly json: Loose;
}

const ok = (body: unknown): ApiAnswer => ({ status: 200, body });
const refuse = (message: string, status = 400): ApiAnswer => ({ status, body: { error: { message } } });

type Handler = (request: ControlRequest, options: ControlOptions) => ApiAnswer | Promise<ApiAnswer>;

/** Answers a request to the controls; 404 for an unknown path. */
export async function answerControl(request: ControlRequest, options: ControlOptions): Promise<ApiAnswer> {
  const handler = HANDLERS.get(`${request.method} ${request.path}`);
  return handler === undefined ? refuse('There is no such control.', 404) : handler(request, options);
}

const NO_SUCH_CHANNEL = 'channel: no account of the simulator has this channel';

/** The chat that `channel` and `from` name. A string says what is wrong with the input. */
function chatOf({ json }: ControlRequest, { world }: ControlOptions): Chat | string {
  const account = world.account(asName(json['channel']) ?? '');
  const provider = asName(json['provider']);
  if (account === undefined) return NO_SUCH_CHANNEL;
  if (provider !== null && provider !== account.provider) return `provider: this channel is ${account.provider}`;
  const from = asId(json['from'], 200)?.replace(/^\+/, '') ?? '';
  if (!/^(\d{5,20}|lid:\d{5,20}|[A-Z]{2}\.[\w.]{1,128})$/.test(from)) return 'from: digits, lid:… or a BSUID is needed';
  return world.chat(account, from, asName(json['name'], 200) ?? undefined);
}

const MAX_BURST = 1000;

/**
 * `{ channel, from, text, provider?, name?, id?, timestamp?, quote?, file?, burst?, wait? }`. `file`: image, audio or
 * document. `wait`: answer only after the webhooks were taken, given up or dropped.
 */
const customerMessage: Handler = async (request, options) => {
  const chat = chatOf(request, options);
  if (typeof chat === 'string') return refuse(chat);
  const { json } = request;
  const burst = Math.trunc(asNumber(json['burst']) ?? 1);
  if (burst < 1 || burst > MAX_BURST) return refuse(`burst: 1 to ${String(MAX_BURST)}`);
  const text = asText(json['text'], 65_536) ?? '';
  const written = Array.from({ length: burst }, (_, index) => {
    const suffix = burst === 1 ? '' : ` (${String(index + 1)}/${String(burst)})`;
    return options.phones.write(chat, { text: text + suffix, ...extras(json, burst) });
  });
  const ids = written.map(({ message }) => message.id);
  if (json['wait'] !== true) return ok({ ids });
  return ok({ ids, delivered: await Promise.all(written.map(({ delivered }) => delivered)) });
};

/** The id is used only for a single message. The time is ISO text or Unix seconds. */
function extras(json: Loose, burst: number): Omit<Written, 'text'> {
  const id = asName(json['id']);
  const quoteId = asName(json['quote']);
  const file = FILE_KINDS.find((one) => one === json['file']);
  const seconds = asNumber(json['timestamp']);
  const atMs = seconds === null ? Date.parse(asText(json['timestamp']) ?? '') : seconds * 1000;
  return {
    ...(id === null || burst > 1 ? {} : { id }),
    ...(quoteId === null ? {} : { quoteId }),
    ...(Number.isNaN(atMs) ? {} : { atMs }),
    ...(file === undefined ? {} : { file }),
  };
}

/** `{ channel, from, targetId, emoji }`; an empty emoji removes the reaction. */
const customerReaction: Handler = async (request, options) => {
  const chat = chatOf(request, options);
  if (typeof chat === 'string') return refuse(chat);
  const target = options.world.find(asText(request.json['targetId']) ?? '');
  if (target?.chat !== chat) return refuse('targetId: no such message in this chat');
  return ok({ delivered: await options.phones.react(chat, target.message, asText(request.json['emoji'], 64) ?? '') });
};

/** `{ channel, from, typing }`. */
const customerTyping: Handler = (request, options) => {
  const chat = chatOf(request, options);
  if (typeof chat === 'string') return refuse(chat);
  return ok({ told: options.phones.type(chat, request.json['typing'] !== false) });
};

/** `{ mode, count?, channel? }`. */
const misbehave: Handler = ({ json }, { misbehaviour }) => {
  const mode = [...API_MODES, ...HOOK_MODES, 'none' as const].find((one) => one === json['mode']);
  if (mode === undefined) return refuse(`mode: one of ${[...API_MODES, ...HOOK_MODES, 'none'].join(', ')}`);
  misbehaviour.set(mode, asNumber(json['count']) ?? undefined, asName(json['channel']) ?? undefined);
  return ok({ standing: misbehaviour.standing });
};

const STATUSES = ['sent', 'delivered', 'read', 'played', 'failed'] as const;

/**
 * `{ messageId | providerMessageId, statuses, errorCode? }`: reports these states in this order, whatever was reported
 * before.
 */
const statuses: Handler = async ({ json }, { world, phones }) => {
  const found =
    world.find(asName(json['providerMessageId']) ?? asName(json['messageId']) ?? '') ?? byWireId(json, world);
  if (found === undefined) return refuse('messageId: the simulator has no such message', 404);
  const wanted = asList(json['statuses']).map((said) => STATUSES.find((status) => status === said));
  const errorCode = asNumber(json['errorCode']);
  const delivered: string[] = [];
  for (const status of wanted) {
    if (status === undefined) return refuse(`statuses: each one of ${STATUSES.join(', ')}`);
    const report: StatusReport = { message: found.message, status, ...(errorCode === null ? {} : { errorCode }) };
    delivered.push(await phones.report(found.chat, report));
  }
  return ok({ delivered });
};

/** Where a carrier lets us choose ids, its id is the product's own without dashes, in upper case. */
function byWireId(json: Loose, world: World): ReturnType<World['find']> {
  return world.find((asName(json['messageId']) ?? '').replaceAll('-', '').toUpperCase());
}

/** `{ name, channel? }`. */
const scenario: Handler = ({ json }, { demo, world }) => {
  const name = scenarioNamed(json['name']);
  if (name === null) return refuse(`name: one of ${Object.keys(SCENARIOS).join(', ')}`);
  const channel = asName(json['channel']);
  if (channel !== null && world.account(channel) === undefined) return refuse(NO_SUCH_CHANNEL);
  return ok({ scenario: name, messages: demo.play(name, channel ?? undefined) });
};

/**
 * `?channel=&path=&after=`: the calls with a higher `seq` than `after`, oldest first. `path` matches any part of the
 * path.
 */
const calls: Handler = ({ query }, { world }) => {
  const channel = query.get('channel');
  const after = asNumber(query.get('after')) ?? 0;
  const found = world.calls.filter(
    (call) =>
      call.seq > after && (channel === null || call.channel === channel) && call.path.includes(query.get('path') ?? ''),
  );
  return ok({ calls: found });
};

/** `{ accounts: [{ provider, channel, phone, secret, accessToken, accountSid?, name?, quiet? }] }`: adds or replaces numbers. */
const accounts: Handler = ({ json }, { world }) => {
  const added = asList(json['accounts']).map(accountFrom);
  const whole = added.filter((account) => account !== null);
  if (whole.length !== added.length)
    return refuse('accounts: provider, channel, phone, secret and accessToken are needed');
  return whole.every((account) => world.addAccount(account))
    ? ok({ added: whole.length })
    : refuse('too many accounts');
};

const PROVIDERS = ['cloud', 'evolution', 'twilio'] as const;

function accountFrom(value: unknown): SimulatedAccount | null {
  const { provider, channel, phone, secret, accessToken, accountSid, name, quiet } = (asObject(value) ?? {}) as Partial<
    Record<keyof SimulatedAccount, unknown>
  >;
  const texts = [channel, phone, secret, accessToken].map((text) => asName(text, 512));
  const [id, digits, key, token] = texts;
  const played = PROVIDERS.find((one) => one === provider);
  if (played === undefined || !id || !digits || !key || !token) return null;
  const shown = asName(name, 200);
  const sid = asName(accountSid, 64);
  return {
    provider: played,
    channel: id,
    phone: digits.replace(/\D/g, ''),
    secret: key,
    accessToken: token,
    ...(shown === null ? {} : { name: shown }),
    ...(sid === null ? {} : { accountSid: sid }),
    ...(quiet === true ? { quiet } : {}),
  };
}

const reset: Handler = (_request, { world, misbehaviour }) => {
  world.reset();
  misbehaviour.clear();
  return ok({});
};

const HANDLERS = new Map<string, Handler>([
  ['POST customer-message', customerMessage],
  ['POST customer-reaction', customerReaction],
  ['POST customer-typing', customerTyping],
  ['POST misbehave', misbehave],
  ['POST statuses', statuses],
  ['POST scenario', scenario],
  ['POST accounts', accounts],
  ['POST condition', setCondition],
  ['POST pairing', pairing],
  ['POST reset', reset],
  ['GET calls', calls],
  ['GET scenarios', () => ok({ scenarios: Object.keys(SCENARIOS) })],
  ['GET state', ({ query }, options) => ok(stateOf(query, options))],
]);
