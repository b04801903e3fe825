/** An Evolution server's responses about an instance, its pairing, and the messages it has stored. */
import { asNumber, asText, orEmpty, type Loose } from '../../lib/loose.ts';
import { only, type ApiReader, type ApiRequest } from './api.ts';
import { newCode, wordsOfCode } from './condition.ts';
import { evolutionCarrier, WIRE_STATUS } from './evolution-carrier.ts';
import { atInstance } from './evolution-instance.ts';
import type { SimulatedAccount } from './options.ts';
import type { Chat, SimMessage, World } from './world.ts';

type Question = (account: SimulatedAccount, world: World, request: ApiRequest) => Loose;

/** Reads the calls that only ask something; `evolution-api.ts` reads the others. */
export const readEvolutionQuestion: ApiReader = (request, world) =>
  atInstance(request, world, QUESTIONS, (question, account) => only(account, 200, question(account, world, request)));

const stateOf: Question = ({ channel }, world) => ({
  instance: { instanceName: channel, state: world.condition(channel).connection },
});

/** Makes a new code on every call, unless the instance is connected. */
const connect: Question = (account, world, request) => {
  const condition = world.condition(account.channel);
  if (condition.connection === 'open') return stateOf(account, world, request);
  condition.connection = 'connecting';
  condition.code = newCode();
  return { ...wordsOfCode(condition.code), count: 1 };
};

/** Newest first. */
const findMessages: Question = ({ channel }, world, { json }) => {
  const size = Math.max(1, asNumber(json['offset']) ?? 50);
  const page = Math.max(1, asNumber(json['page']) ?? 1);
  const sinceMs = Date.parse(asText(orEmpty(orEmpty(json['where'])['messageTimestamp'])['gte']) ?? '');
  const all = world.chats
    .filter((chat) => chat.account.channel === channel)
    .flatMap((chat) => chat.messages.map((message) => ({ chat, message })))
    .filter(({ message }) => Number.isNaN(sinceMs) || message.atMs >= sinceMs)
    .sort((a, b) => b.message.atMs - a.message.atMs);
  const records = all.slice((page - 1) * size, page * size).map(({ chat, message }) => recordOf(chat, message));
  const pages = Math.max(1, Math.ceil(all.length / size));
  return { messages: { total: all.length, pages, currentPage: page, records } };
};

/** The message as in its webhook, plus its current state. */
function recordOf(chat: Chat, message: SimMessage): Loose {
  const { author, tick, atMs } = message;
  const ours = author === 'business';
  const hook = ours ? evolutionCarrier.echo(chat, message, atMs) : evolutionCarrier.message(chat, message, atMs);
  const data = orEmpty((JSON.parse(hook?.body ?? '{}') as Loose)['data']);
  const updates = ours && tick !== 'accepted' ? [{ status: WIRE_STATUS[tick] }] : [];
  return { ...data, MessageUpdate: updates };
}

const QUESTIONS = new Map<string, Question>([
  ['GET instance/connectionState', stateOf],
  ['GET instance/connect', connect],
  ['POST chat/findMessages', findMessages],
]);
