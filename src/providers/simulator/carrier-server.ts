/** Answers calls to the carriers' APIs: records them, carries them out, and misbehaves when told to. */
import type { Loose } from '../../lib/loose.ts';
import type { ApiAnswer, ApiReader, ApiRequest, Wish } from './api.ts';
import { readCloudCall } from './cloud-api.ts';
import { readCloudQuestion } from './cloud-questions.ts';
import { readEvolutionCall } from './evolution-api.ts';
import { evolutionError } from './evolution-instance.ts';
import { readEvolutionQuestion } from './evolution-questions.ts';
import { graphError } from './graph-error.ts';
import type { Misbehaviour, SendMode } from './misbehaviour.ts';
import type { SimulatedAccount } from './options.ts';
import { readTwilioCall, twilioError } from './twilio-api.ts';
import { readTwilioQuestion } from './twilio-questions.ts';
import { CARRIERS, type Phones } from './phone.ts';
import type { World } from './world.ts';

/** The reply: a response (after `holdMs`), no response at all, or a broken connection. */
export type Reply =
  | { readonly kind: 'answer'; readonly answer: ApiAnswer; readonly holdMs: number }
  | { readonly kind: 'silence' }
  | { readonly kind: 'reset' };

const READERS: readonly ApiReader[] = [
  readCloudCall,
  readCloudQuestion,
  readEvolutionCall,
  readEvolutionQuestion,
  readTwilioCall,
  readTwilioQuestion,
];

/** What answering a call depends on. */
export interface CarrierServerOptions {
  readonly world: World;
  readonly phones: Phones;
  readonly misbehaviour: Misbehaviour;
  readonly now: () => Date;
}

/** Replies to a call of a carrier's API; null when no carrier has such a path. */
export function answerCall(request: ApiRequest, options: CarrierServerOptions): Reply | null {
  for (const reader of READERS) {
    const understood = reader(request, options.world);
    if (understood === null) continue;
    const { account, wish } = understood;
    const reply = account === null ? plainReply(wish) : replyFor(account, wish, options);
    record(request, account, reply, options);
    return reply;
  }
  return null;
}

function replyFor(account: SimulatedAccount, wish: Wish, options: CarrierServerOptions): Reply {
  const { tokenExpired } = options.world.condition(account.channel);
  return tokenExpired ? answered({ status: 401, body: EXPIRED[account.provider] }) : perform(account, wish, options);
}

const EXPIRED: Readonly<Record<SimulatedAccount['provider'], Loose>> = {
  cloud: graphError(190, 'Error validating access token: Session has expired'),
  evolution: evolutionError(401, 'Unauthorized', 'Unauthorized'),
  twilio: twilioError(401, 20003, 'Authenticate'),
};

function record(
  request: ApiRequest,
  account: SimulatedAccount | null,
  reply: Reply,
  options: CarrierServerOptions,
): void {
  options.world.record({
    at: options.now().toISOString(),
    provider: account?.provider ?? 'cloud',
    channel: account?.channel ?? '',
    path: request.path,
    body: shortened(request.json),
    status: reply.kind === 'answer' ? reply.answer.status : null,
  });
}

const LONGEST_RECORDED = 10_000;

/** Cuts long values: base64 files would fill the memory. */
function shortened(json: Loose): Loose {
  const short = (value: unknown): unknown =>
    typeof value === 'string' && value.length > LONGEST_RECORDED ? `(${String(value.length)} characters)` : value;
  return Object.fromEntries(Object.entries(json).map(([name, value]) => [name, short(value)]));
}

const answered = (answer: ApiAnswer, holdMs = 0): Reply => ({ kind: 'answer', answer, holdMs });

function plainReply(wish: Wish): Reply {
  return wish.kind === 'nothing' ? answered(wish.answer) : { kind: 'reset' };
}

function perform(account: SimulatedAccount, wish: Wish, options: CarrierServerOptions): Reply {
  switch (wish.kind) {
    case 'nothing':
      return answered(wish.answer);
    case 'upload':
      return upload(account, wish, options);
    case 'read':
      return read(account, wish, options);
    case 'typing':
      options.world.chat(account, wish.customer).businessTypingUntilMs = options.now().getTime() + TYPING_MS;
      options.world.version++;
      return answered(wish.answer, wish.holdMs);
    case 'send':
    case 'react':
      return sendLike(account, wish, options);
  }
}

const TYPING_MS = 25_000;

function read(account: SimulatedAccount, wish: Extract<Wish, { kind: 'read' }>, options: CarrierServerOptions): Reply {
  const chat = options.world.chat(account, wish.customer);
  options.phones.readByBusiness(chat);
  if (wish.typing) chat.businessTypingUntilMs = options.now().getTime() + TYPING_MS;
  return answered(wish.answer);
}

function upload(
  account: SimulatedAccount,
  wish: Extract<Wish, { kind: 'upload' }>,
  { world, misbehaviour }: CarrierServerOptions,
): Reply {
  const failed = misbehaviour.forUpload(account.channel);
  return answered(failed ? { status: 500, body: '' } : wish.answer(world.uploads.add(account.channel, wish.file)));
}

type SendLike = Extract<Wish, { kind: 'send' | 'react' }>;

function sendLike(account: SimulatedAccount, wish: SendLike, options: CarrierServerOptions): Reply {
  const mode = options.misbehaviour.forCall(account.channel);
  if (mode === 'reset-before-accept') return { kind: 'reset' };
  if (mode === '429') return answered(tooMany(account));
  if (mode === 'refused') return answered(undeliverable(account, wish));
  const id = takeIn(account, wish, options, mode === 'undelivered');
  return afterAccept(mode) ?? answered(wish.answer(id));
}

/** A reply that hides that the message was accepted; null to answer truthfully. */
function afterAccept(mode: SendMode | null): Reply | null {
  if (mode === 'timeout-after-accept') return { kind: 'silence' };
  return mode === '500-after-accept' ? answered({ status: 500, body: '' }) : null;
}

const TOO_MANY: Readonly<Record<SimulatedAccount['provider'], Loose>> = {
  cloud: graphError(130429, 'Rate limit hit'),
  evolution: evolutionError(429, 'Too Many Requests', ['Too many requests']),
  twilio: twilioError(429, 20429, 'Too Many Requests'),
};

function tooMany(account: SimulatedAccount): ApiAnswer {
  return { status: 429, headers: { 'retry-after': '1' }, body: TOO_MANY[account.provider] };
}

/** The refusal for a customer who is not on WhatsApp. */
function undeliverable(account: SimulatedAccount, wish: SendLike): ApiAnswer {
  if (account.provider === 'cloud') return { status: 400, body: graphError(131026, 'Message undeliverable') };
  if (account.provider === 'twilio') return { status: 400, body: twilioError(400, 63024, 'Invalid message recipient') };
  const number = wish.kind === 'send' ? wish.customer : '';
  const body = evolutionError(400, 'Bad Request', [{ jid: `${number}@s.whatsapp.net`, exists: false, number }]);
  return { status: 400, body };
}

function takeIn(
  account: SimulatedAccount,
  wish: SendLike,
  { world, phones }: CarrierServerOptions,
  isUndelivered: boolean,
): string {
  if (wish.kind === 'send') {
    const fate = isUndelivered ? ({ fails: true } as const) : wish;
    return phones.accept(world.chat(account, wish.customer), wish.sent, fate).id;
  }
  const target = world.find(wish.targetId);
  const id = CARRIERS[account.provider].newId('business');
  if (target === undefined) return id;
  target.message.reactions.business = wish.emoji;
  world.version++;
  phones.reactionSent(target.chat, { id, clientRef: wish.clientRef });
  return id;
}
