/** What the simulator's page shows, as JSON. */
import { API_MODES, HOOK_MODES } from './misbehaviour.ts';
import type { ControlOptions } from './control-options.ts';
import { PEOPLE } from './people.ts';
import type { Chat, SimMessage } from './world.ts';

/**
 * Numbers, chats and, for `channel` and `customer`, the messages of one chat. If nothing changed after `since`, only
 * the version and the webhook counts.
 */
export function stateOf(query: URLSearchParams, options: ControlOptions): Readonly<Record<string, unknown>> {
  const { world, delivery, misbehaviour } = options;
  const hooks = { open: delivery.open, ...delivery.counts };
  if (query.get('since') === String(world.version)) return { version: world.version, unchanged: true, hooks };
  const accounts = world.livelyAccounts;
  const channel = query.get('channel') ?? accounts[0]?.channel;
  const chats = world.chats.filter((chat) => chat.account.channel === channel).reverse();
  const open = chats.find((chat) => chat.customer === query.get('customer'));
  return {
    version: world.version,
    hooks,
    channel,
    accounts: accounts.map(({ provider, channel: id, name, phone }) => ({ provider, channel: id, name, phone })),
    modes: [...API_MODES, ...HOOK_MODES],
    standing: misbehaviour.standing,
    people: PEOPLE.map(({ phone, name }) => ({ phone, name })),
    chats: chats.slice(0, 200).map(summary),
    ...(open === undefined ? {} : { chat: whole(open, options.nowMs()) }),
  };
}

function summary(chat: Chat): Readonly<Record<string, unknown>> {
  const last = chat.messages.at(-1);
  const unread = chat.messages.filter((message) => message.author === 'customer' && message.tick !== 'read').length;
  return { customer: chat.customer, name: chat.name, last: last === undefined ? null : shown(last), unread };
}

function whole(chat: Chat, nowMs: number): Readonly<Record<string, unknown>> {
  const typing = chat.businessTypingUntilMs > nowMs;
  return { customer: chat.customer, name: chat.name, typing, messages: chat.messages.map(shown) };
}

function shown(message: SimMessage): Readonly<Record<string, unknown>> {
  const { id, author, kind, text, file, atMs, tick, quoteId, reactions } = message;
  return { id, author, kind, text, file, atMs, tick, quoteId, reactions };
}
