/** What an agent does all day: connect, look, take what customers write, answer, close it. */
import type { Event } from '../../../src/contract/events.ts';
import { customerNumber } from '../../lib/cloud-webhook.ts';
import { ask, connect, leave } from './agent.ts';
import { Expected, postText } from './customer.ts';
import type { InboxSocket } from './inbox-socket.ts';
import { agentOf, at, numberFrom, tenantOf } from './plan.ts';
import { pause, until } from './wait.ts';

const GLASS_DEADLINE_MS = 10_000;

/** `index`: which person, from 0; two at a time must not share one. Settings: ROUNDS, THINK_S. */
export async function sit(index: number): Promise<void> {
  const rounds = numberFrom('ROUNDS', 5);
  const thinkMs = numberFrom('THINK_S', 1) * 1000;
  const expected = new Expected();
  let arrived: { threadId: string; messageId: string; providerMessageId: string } | null = null;
  const onEvent = (event: Event): void => {
    expected.take(event);
    if (event.type !== 'message.created') return;
    const { id, threadId, providerMessageId } = event.data.message;
    if (providerMessageId?.startsWith(tag) === true) arrived = { threadId, messageId: id, providerMessageId };
  };
  const tag = `wamid.load.${String(index)}.${String(Date.now())}.`;
  const socket = await connect(agentOf(index), onEvent);
  if (socket === null) return;
  await ask(socket, 'inbox:snapshot', { limit: 50 });
  const account = at(tenantOf(index).accounts, 0);
  for (let round = 0; round < rounds; round += 1) {
    const id = `${tag}${String(round)}`;
    expected.add(id);
    const from = customerNumber('day', index);
    if (!(await postText(account, { id, from, text: `Question ${String(round)}`, atMs: Date.now() })))
      expected.drop(id);
    await until(() => arrived?.providerMessageId === id, GLASS_DEADLINE_MS);
    if (arrived !== null) await answer(socket, arrived, { memberId: agentOf(index).memberId, thinkMs });
    await ask(socket, 'thread:list', { status: 'open', limit: 50 });
    await pause(thinkMs);
  }
  await expected.settle(GLASS_DEADLINE_MS);
  leave(socket);
}

async function answer(
  socket: InboxSocket,
  { threadId, messageId }: { readonly threadId: string; readonly messageId: string },
  { memberId, thinkMs }: { readonly memberId: string; readonly thinkMs: number },
): Promise<void> {
  await ask(socket, 'thread:open', { threadId });
  await ask(socket, 'thread:messages', { threadId, limit: 50 });
  await ask(socket, 'thread:read', { threadId, upToMessageId: messageId });
  await ask(socket, 'thread:assign', { threadId, assigneeId: memberId });
  await ask(socket, 'typing:set', { threadId, typing: true });
  await pause(thinkMs);
  await ask(socket, 'message:send', { threadId, kind: 'text', text: 'Thank you, we look into it.' });
  await ask(socket, 'typing:set', { threadId, typing: false });
  await ask(socket, 'thread:close', { threadId });
}
