/** The REST API of an Evolution server: sending, reactions, read marks, presence. */
import { asName, asNumber, asObjects, asText, orEmpty, type Loose } from '../../lib/loose.ts';
import { only, type ApiAnswer, type ApiReader, type Understood } from './api.ts';
import { jidOfCustomer } from './evolution-carrier.ts';
import { EVOLUTION_CONTENTS, type EvolutionReader } from './evolution-content.ts';
import { atInstance, evolutionError } from './evolution-instance.ts';
import type { SimulatedAccount } from './options.ts';
import type { World } from './world.ts';

/** Reads calls of the REST API. */
export const readEvolutionCall: ApiReader = (request, world) =>
  atInstance(request, world, ACTIONS, (action, account) => action(account, request.json, world));

type Action = (account: SimulatedAccount, json: Loose, world: World) => Understood;

/** Turns a number or a JID into the simulator's key of the customer. */
function customerOf(value: unknown): string | null {
  const text = asName(value, 128)?.replace(/^\+/, '') ?? null;
  if (text === null) return null;
  const [user = '', server] = text.split('@', 2);
  if (!/^\d{5,20}$/.test(user)) return null;
  if (server === 'g.us') return `group:${user}`;
  return server === 'lid' ? `lid:${user}` : user;
}

const bad = (account: SimulatedAccount, message: unknown): Understood => {
  return only(account, 400, evolutionError(400, 'Bad Request', message));
};

const sendContent =
  (read: EvolutionReader): Action =>
  (account, json) => {
    const shown = read(json);
    if ('lacks' in shown) return bad(account, [[`instance requires property "${shown.lacks}"`]]);
    const customer = customerOf(json['number']);
    if (customer === null) {
      return bad(account, [{ jid: `${String(json['number'])}@s.whatsapp.net`, exists: false, number: json['number'] }]);
    }
    const quoteId = asName(orEmpty(orEmpty(json['quoted'])['key'])['id']);
    const wantedId = asName(json['messageId'], 64);
    const sent = { ...shown, quoteId, clientRef: null, wantedId };
    const answer = (id: string): ApiAnswer => prepared(customer, id, shown.prepared ?? {});
    return { account, wish: { kind: 'send', customer, sent, answer } };
  };

const sendReaction: Action = (account, json) => {
  const key = orEmpty(json['key']);
  const customer = customerOf(key['remoteJid']);
  const targetId = asName(key['id']);
  if (customer === null || targetId === null) return bad(account, [['instance.key requires property "id"']]);
  const emoji = asText(json['reaction'], 64) ?? '';
  const answer = (id: string): ApiAnswer => prepared(customer, id, { reactionMessage: { key, text: emoji } });
  return { account, wish: { kind: 'react', targetId, emoji, clientRef: null, answer } };
};

/** Answers 201 with the prepared message. Its `status` says nothing about delivery yet. */
function prepared(customer: string, id: string, message: Loose): ApiAnswer {
  const key = { remoteJid: jidOfCustomer(customer), fromMe: true, id };
  return { status: 201, body: { key, pushName: '', status: 'PENDING', message, messageType: Object.keys(message)[0] } };
}

const markRead: Action = (account, json) => {
  const customer = customerOf(asObjects(json['readMessages'])[0]?.['remoteJid']);
  if (customer === null) return bad(account, [['instance requires property "readMessages"']]);
  const answer = { status: 201, body: { message: 'Read messages', read: 'success' } };
  return { account, wish: { kind: 'read', customer, typing: false, answer } };
};

/** Returns a customer's file, which the real server decrypts. */
const fileOf: Action = (account, json, world) => {
  const id = asName(orEmpty(orEmpty(json['message'])['key'])['id']) ?? '';
  const file = world.customerFile(id);
  if (file?.account !== account) return bad(account, ['Message not found']);
  const { mime, filename, bytes } = file;
  const size = { fileLength: { low: bytes.length, high: 0, unsigned: true } };
  return only(account, 201, {
    fileName: filename ?? `${id}.bin`,
    size,
    mimetype: mime,
    base64: bytes.toString('base64'),
  });
};

const LONGEST_HOLD_MS = 20_000;

/** The real server keeps the call open for the whole delay. */
const sendPresence: Action = (account, json) => {
  const customer = customerOf(json['number']);
  const delay = asNumber(json['delay']);
  if (customer === null || delay === null) return bad(account, [['instance requires property "delay"']]);
  const answer = { status: 201, body: { presence: asText(json['presence'], 32) } };
  const holdMs = Math.min(Math.max(delay, 0), LONGEST_HOLD_MS);
  return { account, wish: { kind: 'typing', customer, holdMs, answer } };
};

const ACTIONS = new Map<string, Action>([
  ...[...EVOLUTION_CONTENTS].map(([call, read]): [string, Action] => [`POST message/${call}`, sendContent(read)]),
  ['POST message/sendReaction', sendReaction],
  ['POST chat/markMessageAsRead', markRead],
  ['POST chat/getBase64FromMediaMessage', fileOf],
  ['POST chat/sendPresence', sendPresence],
]);
