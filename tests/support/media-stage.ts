/**
 * Everything that an attachment passes through: gateway, inbound worker, media worker, and a carrier that has files.
 */
import { createHash, createHmac, randomBytes } from 'node:crypto';
import type { CommandName, CommandResult } from '../../src/contract/commands.ts';
import type { AccountId, TenantId } from '../../src/contract/ids.ts';
import type { Message } from '../../src/contract/message.ts';
import { addAccount } from '../../src/inbox/accounts/admin.ts';
import { openCredential } from '../../src/inbox/accounts/credentials.ts';
import { INGEST_GROUP, INGEST_STREAM } from '../../src/inbox/ingest/entry.ts';
import { createInboundHandler } from '../../src/inbox/ingest/worker.ts';
import { createFetchSoon, MEDIA_GROUP, MEDIA_STREAM, MediaQueue } from '../../src/inbox/media/download/queue.ts';
import { createMediaWorker, type MediaWorkerDeps } from '../../src/inbox/media/download/worker.ts';
import { createThumbnails } from '../../src/inbox/media/thumbnail.ts';
import { AccountBook } from '../../src/inbox/messages/dispatch/accounts.ts';
import { parseBody, windowOf } from '../../src/deps.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { createDiskBlobs } from '../../src/platform/blobs-disk.ts';
import type { BlobStore } from '../../src/platform/blobs.ts';
import { encryptionKey } from '../../src/platform/crypto.ts';
import { createDownloader } from '../../src/platform/download.ts';
import { metrics } from '../../src/platform/metrics.ts';
import { runStreamWorker, uniqueConsumer } from '../../src/platform/stream-worker.ts';
import { streamKeys, StreamProducer } from '../../src/platform/stream.ts';
import { providerNamed } from '../../src/providers/index.ts';
import {
  ask,
  logIn,
  newMember,
  newTenant,
  parse,
  SHARDS,
  startGateway,
  type Answer,
  type Gateway,
} from '../http/support.ts';
import { silentLog } from './log.ts';
import { ACCOUNT_SID } from './media-carrier.ts';
import { waitFor } from './wait.ts';

const KEY = encryptionKey(Buffer.alloc(32, 9));
export const APP_SECRET = 'test_app_secret_0123456789abcdef';
export const HOOK_SECRET = 'test_evolution_secret_0123456789abcdef';

let phones = 0;

/** A number whose carrier is at `baseUrl`, with a token `token-1`. */
export interface StageAccount {
  readonly tenantId: TenantId;
  readonly accountId: AccountId;
  readonly channel: string;
}

export interface MediaStage {
  readonly gateway: Gateway;
  readonly blobs: BlobStore;
  /** Headers of a manager of the first tenant. */
  readonly owner: Record<string, string>;
  readonly tenantId: TenantId;
  addAccount(provider: 'cloud' | 'evolution' | 'twilio', baseUrl: string, tenantId?: TenantId): Promise<StageAccount>;
  /** Posts a customer's attachment and waits until its message is in the conversation. */
  receive(account: StageAccount, file: CloudFile): Promise<Message>;
  /**
   * The same for a document of an Evolution instance; `of`: the bytes its checksum is computed from, if not those of
   * the base64.
   */
  receiveEvolution(account: StageAccount, file: EvolutionFile): Promise<Message>;
  /** The same for a document at a path of Twilio's API. */
  receiveTwilio(account: StageAccount, path: string): Promise<Message>;
  /** A command of the owner. */
  command<N extends CommandName>(name: N, input: unknown): Promise<CommandResult<N>>;
  /** The message as the owner sees it now. */
  seen(message: Message): Promise<Message>;
  /** The message once its attachment is no longer pending. */
  settled(message: Message): Promise<Message>;
  /** Makes an attachment due, whatever it is waiting for. */
  makeDue(message: Message): Promise<void>;
  get(path: string, headers?: Record<string, string>): Promise<Answer>;
  close(): Promise<void>;
}

/** The file in an Evolution webhook. */
export interface EvolutionFile {
  readonly base64?: string;
  readonly mediaUrl?: string;
  readonly of?: Buffer;
}

/** The attachment in a Cloud webhook. */
export interface CloudFile {
  readonly kind: 'image' | 'video' | 'audio' | 'document' | 'sticker';
  readonly id: string;
  readonly mime: string;
  readonly sha256?: string;
  readonly filename?: string;
  readonly from?: string;
}

export async function startMediaStage(over: Partial<MediaWorkerDeps> = {}): Promise<MediaStage> {
  const gateway = await startGateway({
    globalSecrets: { cloud: [APP_SECRET], evolution: [HOOK_SECRET], twilio: [HOOK_SECRET] },
    deps: { publicUrl: 'https://inbox.example.test' },
  });
  const tenantId = await newTenant(gateway.db, `stage-${randomBytes(4).toString('hex')}`);
  const email = `owner-${randomBytes(4).toString('hex')}@example.test`;
  await newMember(gateway.db, { tenantId, email, role: 'manager' });
  const owner = await logIn(gateway, email);
  const blobs = over.store?.blobs ?? createDiskBlobs(gateway.blobDir);
  const stop = startWorkers(gateway, blobs, over);
  const get = (path: string, headers = owner): Promise<Answer> => ask(gateway, { path, headers });
  const seen = async (message: Message): Promise<Message> => {
    const { items } = parse(await get(`/api/inbox/conversations/${message.threadId}/messages`));
    return (items as Message[]).find(({ id }) => id === message.id)!;
  };
  return {
    ...{ gateway, blobs, owner, tenantId, get, seen },
    addAccount: async (provider, baseUrl, of = tenantId) => {
      phones += 1;
      const channel =
        provider === 'twilio' ? `+${String(15_550_100_000 + phones)}` : String(randomBytes(6).readUIntBE(0, 6));
      const externalId = provider === 'twilio' ? `whatsapp:${channel}` : channel;
      const account = {
        tenantId: of,
        provider,
        externalId,
        name: 'Line',
        secret: null,
        accessToken: 'token-1',
      } as const;
      const more = { apiBaseUrl: baseUrl, phone: null, accountSid: provider === 'twilio' ? ACCOUNT_SID : null };
      const added = await gateway.db.transaction('test.account', (tx) => addAccount(tx, { ...account, ...more }, KEY));
      await gateway.directory.refresh();
      return { tenantId: of, accountId: added.accountId, channel };
    },
    receive: async (account, file) => {
      const id = `wamid.${randomBytes(8).toString('hex')}`;
      await postSigned(gateway, cloudBody(account, id, file));
      return waitFor(() => messageOf(gateway, id), { what: 'the message' });
    },
    receiveEvolution: async (account, file) => {
      const id = `3A${randomBytes(9).toString('hex').toUpperCase()}`;
      const headers = { 'content-type': 'application/json', 'x-webhook-secret': HOOK_SECRET };
      await post(gateway, { path: 'evolution', headers, body: evolutionBody(account, id, file) });
      return waitFor(() => messageOf(gateway, id), { what: 'the message' });
    },
    receiveTwilio: async (account, path) => {
      const id = `MM${randomBytes(16).toString('hex')}`;
      const params = {
        ...{
          MessageSid: id,
          AccountSid: ACCOUNT_SID,
          From: 'whatsapp:+15550100101',
          To: `whatsapp:${account.channel}`,
        },
        ...{
          NumMedia: '1',
          MediaUrl0: `https://api.twilio.com${path}`,
          MediaContentType0: 'application/pdf',
          Body: '',
        },
      };
      const url = 'https://inbox.example.test/api/webhooks/whatsapp/twilio';
      const pairs = Object.entries(params).sort(([a], [b]) => (a < b ? -1 : 1));
      const signed = url + pairs.flat().join('');
      const signature = createHmac('sha1', HOOK_SECRET).update(signed).digest('base64');
      const headers = { 'content-type': 'application/x-www-form-urlencoded', 'x-twilio-signature': signature };
      await post(gateway, { path: 'twilio', headers, body: new URLSearchParams(params).toString() });
      return waitFor(() => messageOf(gateway, id), { what: 'the message' });
    },
    command: async (name, input) => {
      const caller = await gateway.resolveCaller(owner['authorization']!.slice('Bearer '.length), tenantId);
      return (await gateway.execute(name, input, caller)).data;
    },
    settled: (message) =>
      waitFor(
        async () => {
          const now = await seen(message);
          return now.media?.state !== 'pending' && now;
        },
        { what: 'the attachment', deadlineMs: 20_000 },
      ),
    makeDue: async (message) => {
      await gateway.db.run(
        'test.due',
        (sql) => sql`update media set next_attempt_at = now() where id = ${message.media!.id}`,
      );
      const queue = new MediaQueue(new StreamProducer(gateway.redis), SHARDS);
      await queue.append({ tenantId, accountId: message.accountId, mediaId: message.media!.id });
    },
    close: async () => {
      await stop();
      await gateway.close();
    },
  };
}

function startWorkers(gateway: Gateway, blobs: BlobStore, over: Partial<MediaWorkerDeps>): () => Promise<void> {
  const { db, redis, directory, testRedis } = gateway;
  const stopping = new AbortController();
  const hints = { publish: (): void => undefined };
  const queue = new MediaQueue(new StreamProducer(redis), SHARDS);
  const ingest = gateway.testDatabase.open({ ingest: true });
  const inbound = createInboundHandler({
    ...{
      db: ingest,
      log: silentLog,
      clock: systemClock,
      metrics,
      windowOf,
      hints,
      channels: directory,
      parse: parseBody,
    },
    sideEvents: () => Promise.resolve(),
    fetchSoon: createFetchSoon({ queue, metrics, log: silentLog }),
  });
  const downloader = createDownloader();
  const accounts = new AccountBook({
    ...{ db, clock: systemClock, providerNamed },
    openToken: (bytes, accountId) => openCredential(bytes, [KEY], accountId, 'token'),
    defaults: {
      cloud: { baseUrl: null, token: null },
      evolution: { baseUrl: null, token: null },
      twilio: { baseUrl: null, token: null },
    },
  });
  const media = createMediaWorker({
    ...{ db, log: gateway.logs.log, metrics, hints, accounts, deadlineMs: 10_000, leaseMs: 60_000 },
    open: (request) => downloader.open(request),
    store: { blobs, makeThumbnail: createThumbnails() },
    ...over,
  });
  const run = (stream: string, group: string, handler: typeof inbound): Promise<void> =>
    runStreamWorker({
      ...{ redisUrl: testRedis.url, keys: streamKeys(stream, SHARDS), group, consumer: uniqueConsumer('test') },
      ...{ countPerShard: 64, maxBatch: 64, blockMs: 200, reclaimIdleMs: 60_000 },
      ...{ handler, log: silentLog, metrics, signal: stopping.signal },
    });
  const running = [run(INGEST_STREAM, INGEST_GROUP, inbound), run(MEDIA_STREAM, MEDIA_GROUP, media.handler)];
  return async () => {
    stopping.abort();
    await Promise.all(running);
    await media.stop();
    await downloader.close();
  };
}

function cloudBody(account: StageAccount, id: string, { kind, from = '15550100101', ...file }: CloudFile): string {
  const { mime, ...rest } = file;
  const value = {
    messaging_product: 'whatsapp',
    metadata: { display_phone_number: '15550100000', phone_number_id: account.channel },
    contacts: [{ profile: { name: 'Ada Example' }, wa_id: from }],
    messages: [
      { from, id, timestamp: String(Math.floor(Date.now() / 1000)), type: kind, [kind]: { ...rest, mime_type: mime } },
    ],
  };
  const entry = [{ id: '200000000000001', changes: [{ field: 'messages', value }] }];
  return JSON.stringify({ object: 'whatsapp_business_account', entry });
}

function evolutionBody(account: StageAccount, id: string, { base64, mediaUrl, of }: EvolutionFile): string {
  const bytes = of ?? (base64 === undefined ? null : Buffer.from(base64, 'base64'));
  const fileSha256 = bytes === null ? {} : { fileSha256: createHash('sha256').update(bytes).digest('base64') };
  const document = { documentMessage: { mimetype: 'application/pdf', fileName: 'a.pdf', ...fileSha256 } };
  const message = {
    ...document,
    ...(base64 === undefined ? {} : { base64 }),
    ...(mediaUrl === undefined ? {} : { mediaUrl }),
  };
  const key = { remoteJid: '15550100101@s.whatsapp.net', fromMe: false, id };
  const data = { key, message, pushName: 'Ada Example', messageTimestamp: Math.floor(Date.now() / 1000) };
  return JSON.stringify({ event: 'messages.upsert', instance: account.channel, data });
}

async function postSigned(gateway: Gateway, body: string): Promise<void> {
  const signature = `sha256=${createHmac('sha256', APP_SECRET).update(body).digest('hex')}`;
  const headers = { 'content-type': 'application/json', 'x-hub-signature-256': signature };
  await post(gateway, { path: 'cloud-api', headers, body });
}

async function post(
  gateway: Gateway,
  { path, headers, body }: { readonly path: string; readonly headers: Record<string, string>; readonly body: string },
): Promise<void> {
  const answer = await ask(gateway, { method: 'POST', path: `/api/webhooks/whatsapp/${path}`, headers, body });
  if (answer.status !== 200) throw new Error(`the webhook was answered ${String(answer.status)}`);
}

async function messageOf(gateway: Gateway, providerMessageId: string): Promise<Message | null> {
  const [row] = await gateway.db.run(
    'test.message',
    (sql) => sql<{ message: Message }[]>`
      select message_json(m) as message from messages m where provider_message_id = ${providerMessageId}`,
  );
  return row?.message ?? null;
}
