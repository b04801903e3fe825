/** A conversation in which everything happens that anybody could see, and the people who were told. */
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Message } from '../../src/contract/message.ts';
import type { Database } from '../../src/platform/postgres.ts';
import { testRunDir } from './environment.ts';
import {
  assignedThread,
  customerWrites,
  newCustomer,
  storedMessage,
  type Business,
  type Journey,
  type PersonName,
} from './journey.ts';
import type { Observer } from './observer.ts';
import type { Own, Secret } from './surfaces.ts';
import { waitFor } from './wait.ts';

/** Texts that must not appear anywhere: the word is in the name, the texts, the note, the answer and the attachment. */
export function markersOf(secret: Secret): string[] {
  const { text, threadId, messageId, outboundId, mediaId, digits } = secret;
  return [text, threadId, messageId, outboundId, mediaId, digits];
}

/** A thread of a member, with one message from its customer. */
export async function ownThread(journey: Journey, business: Business, name: PersonName): Promise<Own> {
  const { database } = journey.system;
  const digits = newCustomer();
  const { memberId, token } = business.people[name];
  await assignedThread(database, business, { digits, name: `Of ${name}`, assigneeId: memberId });
  const providerId = await customerWrites(journey, business, { from: digits, text: `For ${name}` });
  const { id, threadId } = await storedMessage(database, business.tenantId, providerId);
  const otherToken = business.people[name === 'ana' ? 'lead' : 'ana'].token;
  return { threadId, messageId: id, token, otherToken };
}

async function must(observer: Observer, command: string, input: unknown): Promise<Record<string, unknown>> {
  const answer = await observer.send(command, input);
  if (!answer.ok) throw new Error(`${command}: ${answer.error.code}`);
  return answer.data;
}

/** Makes the attachment downloadable, as if the carrier had handed it over. */
async function storeMedia(journey: Journey, mediaId: string, content: string): Promise<void> {
  const folder = join(testRunDir(), 'media');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, `test-${mediaId}`), content);
  await journey.system.database.run(
    'test.media',
    (sql) => sql`update media set state = 'ready', storage_key = ${`test-${mediaId}`}, size_bytes = ${content.length}
      where id = ${mediaId}`,
  );
}

/**
 * Everything that can happen in a conversation: customer's texts, picture, reaction and typing, an agent who opens it,
 * types, answers, notes, tags, reads and parks it. `assignee` null leaves it to everybody; `actor` works on it.
 */
export async function playThread(
  journey: Journey,
  business: Business,
  cast: { readonly assignee: PersonName | null; readonly actor: Observer },
): Promise<Secret> {
  const { database } = journey.system;
  const { actor, assignee } = cast;
  const word = `zebra${randomBytes(6).toString('hex')}`;
  const digits = newCustomer();
  const from = { from: digits, name: `Mx ${word}` };
  const assigneeId = assignee === null ? null : business.people[assignee].memberId;
  if (assigneeId !== null) await assignedThread(database, business, { digits, name: `Mx ${word}`, assigneeId });
  const pictureId = await customerWrites(journey, business, { ...from, text: `picture of ${word}`, file: 'image' });
  const { threadId, mediaId } = await storedMessage(database, business.tenantId, pictureId);
  if (mediaId === null) throw new Error('the picture has no attachment');
  await storeMedia(journey, mediaId, `bytes of ${word}`);
  const textId = await customerWrites(journey, business, { ...from, text: `words about ${word}` });
  const { id: messageId } = await storedMessage(database, business.tenantId, textId);
  const customer = { channel: business.channel, from: digits };
  await must(actor, 'thread:open', { threadId });
  await must(actor, 'typing:set', { threadId, typing: true });
  await journey.simulate('customer-typing', { ...customer, typing: true });
  await journey.simulate('customer-reaction', { ...customer, targetId: textId, emoji: '🦓' });
  await must(actor, 'note:add', { threadId, text: `note on ${word}`, mentions: [business.people.bruno.memberId] });
  const sent = await must(actor, 'message:send', {
    ...{ threadId, kind: 'text', text: `answer to ${word}`, replyToMessageId: messageId, commandId: randomUUID() },
  });
  const tag = `tag-${word.slice(5)}`;
  await must(actor, 'thread:set-tags', { threadId, add: [tag] });
  await must(actor, 'thread:read', { threadId, upToMessageId: messageId });
  await must(actor, 'thread:set-status', { threadId, status: 'pending' });
  const outboundId = (sent['message'] as Message).id;
  await waitFor(() => actor.has('typing', '"type":"contact"'), { what: 'the customer typing' });
  const assigneeOr = assigneeId ?? business.people.ana.memberId;
  return {
    ...{
      threadId,
      contactId: await contactOf(database, threadId),
      messageId,
      outboundId,
      mediaId,
      digits,
      tag,
      text: word,
      name: word,
    },
    ...{ accountId: business.accountId, assigneeId: assigneeOr },
  };
}

async function contactOf(database: Database, threadId: string): Promise<string> {
  const rows = await database.run(
    'test.contact',
    (sql) => sql<{ id: string }[]>`select contact_id as id from threads where id = ${threadId}`,
  );
  return rows[0]?.id ?? '';
}

/** The head of a tenant's log. */
export async function headOf(journey: Journey, tenantId: string): Promise<number> {
  const rows = await journey.system.database.run(
    'test.head',
    (sql) => sql<{ head: number }[]>`select head from tenant_logs where tenant_id = ${tenantId}`,
  );
  return rows[0]?.head ?? -1;
}

/** Waits until a connection has been offered the whole log. */
export async function offeredAll(journey: Journey, observer: Observer): Promise<void> {
  const head = await headOf(journey, observer.person.tenantId);
  await waitFor(
    () => {
      const { frames, ready } = observer.client;
      return (frames.at(-1)?.to ?? ready[0]?.cursor.seq ?? -1) >= head;
    },
    { what: 'everything offered' },
  );
}

/** Everything that commands can change in a conversation, as one text; without its version, which deliveries change. */
export async function fingerprintOf(journey: Journey, threadId: string): Promise<string> {
  const rows = await journey.system.database.run(
    'test.fingerprint',
    (sql) => sql<{ text: string }[]>`
      select concat_ws(' ', t.assignee_id, t.status, t.tags, t.unread_count,
        (select count(*) from messages m where m.thread_id = t.id),
        (select count(*) from notes n where n.thread_id = t.id)) as text
      from threads t where t.id = ${threadId}`,
  );
  return rows[0]?.text ?? 'gone';
}
