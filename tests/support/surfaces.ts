/** Every way to ask for a thread: one row per command and per route. A new one without a row fails a test. */
import { randomUUID } from 'node:crypto';
import type { CommandName } from '../../src/contract/commands.ts';
import type { ErrorCode } from '../../src/contract/errors.ts';

/** A conversation about which the caller must not learn anything. */
export interface Secret {
  readonly threadId: string;
  readonly contactId: string;
  readonly messageId: string;
  /** One of our own messages in it. */
  readonly outboundId: string;
  readonly mediaId: string;
  readonly assigneeId: string;
  readonly accountId: string;
  readonly digits: string;
  readonly name: string;
  readonly text: string;
  readonly tag: string;
}

/** The caller's own things: a thread with a message, a token, and somebody else's session token. */
export interface Own {
  readonly threadId: string;
  readonly messageId: string;
  readonly token: string;
  readonly otherToken: string;
}

/** `ok`: answered, but without anything of the secret. */
export interface CommandRow {
  readonly input: Record<string, unknown>;
  readonly expect: 'ok' | ErrorCode;
}

const row = (expect: CommandRow['expect'], input: Record<string, unknown>): CommandRow => ({ expect, input });

/** `foreign`: the secret is another tenant's, whose members and numbers are unknown here as well. */
export const COMMAND_ROWS: {
  readonly [N in CommandName]: (secret: Secret, own: Own, foreign: boolean) => readonly CommandRow[];
} = {
  'inbox:snapshot': ({ name, text, tag, assigneeId, accountId }) => [
    row('ok', {}),
    ...filters({ name, text, tag, assigneeId, accountId }).map((view) => row('ok', { view })),
  ],
  'thread:list': (secret) => [
    row('ok', {}),
    row('ok', { order: 'oldest' }),
    row('ok', { unread: true }),
    ...filters(secret).map((filter) => row('ok', filter)),
  ],
  'thread:get': ({ threadId }) => [row('not_found', { threadId })],
  'thread:find-erased': ({ threadId }, own) => [row('ok', { threadIds: [threadId, own.threadId, randomUUID()] })],
  'thread:messages': ({ threadId, messageId }, own) => [
    row('not_found', { threadId }),
    row('not_found', { threadId, around: messageId }),
    row('not_found', { threadId: own.threadId, around: messageId }),
  ],
  'thread:search': ({ threadId, text }) => [row('not_found', { threadId, q: text })],
  'thread:find-texts': ({ threadId, text }, own) => [row('ok', { threadIds: [threadId, own.threadId], q: text })],
  'thread:open': ({ threadId }) => [row('not_found', { threadId })],
  'thread:close': ({ threadId }) => [row('not_found', { threadId })],
  'thread:read': ({ threadId, messageId }, own) => [
    row('not_found', { threadId, upToMessageId: messageId }),
    row('invalid_input', { threadId: own.threadId, upToMessageId: messageId }),
  ],
  'thread:mark-unread': ({ threadId, messageId }, own) => [
    row('not_found', { threadId }),
    row('not_found', { threadId, fromMessageId: messageId }),
    row('invalid_input', { threadId: own.threadId, fromMessageId: messageId }),
  ],
  'thread:assign': ({ threadId, assigneeId }, own, foreign) => [
    row('not_found', { threadId, assigneeId: null }),
    row('not_found', { threadId, assigneeId, expectedVersion: 1 }),
    ...(foreign ? [row('invalid_input', { threadId: own.threadId, assigneeId })] : []),
  ],
  'thread:set-status': ({ threadId, messageId }, own) => [
    row('not_found', { threadId, status: 'resolved' }),
    row('not_found', { threadId, status: 'resolved', seenMessageId: messageId }),
    row('invalid_input', { threadId: own.threadId, status: 'resolved', seenMessageId: messageId }),
  ],
  'thread:set-tags': ({ threadId, tag }) => [row('not_found', { threadId, add: ['mine'], remove: [tag] })],
  'message:send': ({ threadId, messageId, accountId, digits }, own) => [
    row('not_found', { threadId, kind: 'text', text: 'let me in' }),
    row('not_found', { accountId, to: `+${digits}`, kind: 'text', text: 'let me in' }),
    row('invalid_input', { threadId: own.threadId, kind: 'text', text: 'quote', replyToMessageId: messageId }),
    row('invalid_input', { threadId: own.threadId, kind: 'text', text: 'seen', seenMessageId: messageId }),
    row('invalid_input', { threadId: own.threadId, kind: 'reaction', reaction: { messageId, emoji: '👍' } }),
  ],
  'media:retry': ({ messageId }) => [row('not_found', { messageId })],
  'message:retry': ({ outboundId, messageId }) => [
    row('not_found', { messageId: outboundId }),
    row('not_found', { messageId }),
  ],
  'note:add': ({ threadId, assigneeId }, own, foreign) => [
    row('not_found', { threadId, text: 'let me in' }),
    ...(foreign ? [row('invalid_input', { threadId: own.threadId, text: 'look', mentions: [assigneeId] })] : []),
  ],
  'contact:merge': ({ contactId }) => [
    row('not_found', { contactId, intoContactId: randomUUID() }),
    row('not_found', { contactId: randomUUID(), intoContactId: contactId }),
  ],
  'contact:unmerge': () => [row('not_found', { mergeId: randomUUID() })],
  'contact:export': ({ contactId }) => [row('forbidden', { contactId })],
  'contact:erase': ({ contactId }) => [row('forbidden', { contactId, confirm: contactId })],
  'typing:set': ({ threadId }) => [row('not_found', { threadId, typing: true })],
  'presence:set': () => [row('ok', { state: 'busy' })],
  // Numbers belong to the team, their administration to administrators; one of another tenant is not there at all.
  'account:list': () => [row('forbidden', {})],
  'account:create': ({ digits }) => [
    row('forbidden', { provider: 'cloud', name: 'Mine', externalId: digits, accessToken: 'a-token' }),
  ],
  'account:update': ({ accountId }) => [row('forbidden', { accountId, accessToken: 'a-token' })],
  'account:test': ({ accountId }) => [row('forbidden', { accountId })],
  'account:disable': ({ accountId }) => [row('forbidden', { accountId })],
  'account:enable': ({ accountId }) => [row('forbidden', { accountId })],
  'account:pair': ({ accountId }) => [row('forbidden', { accountId })],
  'member:list': () => [row('forbidden', {})],
  'member:add': ({ digits }) => [
    row('forbidden', { email: `${digits}@people.example`, displayName: 'Mine', role: 'tenant_admin' }),
  ],
  'member:set-role': ({ assigneeId }) => [row('forbidden', { memberId: assigneeId, role: 'tenant_admin' })],
  'member:reset-password': ({ assigneeId }) => [row('forbidden', { memberId: assigneeId })],
  'member:remove': ({ assigneeId }) => [row('forbidden', { memberId: assigneeId })],
  'template:list': ({ accountId }, _own, foreign) => [row(foreign ? 'not_found' : 'ok', { accountId })],
  'template:sync': ({ accountId }) => [row('forbidden', { accountId })],
  // Of the team as well: read by everybody on it, changed by managers and administrators.
  'saved-reply:list': () => [row('ok', {})],
  'saved-reply:create': (_secret, _own, foreign) => [
    row(foreign ? 'ok' : 'forbidden', { shortcut: randomUUID(), text: 'Mine' }),
  ],
  'saved-reply:update': (_secret, _own, foreign) => [
    row(foreign ? 'not_found' : 'forbidden', { savedReplyId: randomUUID(), text: 'Mine' }),
  ],
  'saved-reply:remove': (_secret, _own, foreign) => [
    row(foreign ? 'not_found' : 'forbidden', { savedReplyId: randomUUID() }),
  ],
  'report:read': () => [row('ok', { from: '2026-01-01', to: '2026-01-02' })],
  'session:renew': (_secret, own) => [row('ok', { token: own.token }), row('forbidden', { token: own.otherToken })],
};

function filters(secret: Pick<Secret, 'name' | 'text' | 'tag' | 'assigneeId' | 'accountId'>): Record<string, string>[] {
  const { name, text, tag, assigneeId, accountId } = secret;
  return [
    { q: name },
    { q: text },
    { tag },
    { assignee: assigneeId },
    { accountId },
    { status: 'pending' },
    { status: 'active' },
  ];
}

/** One request. `status`: what a caller gets who may not see the secret; `null`: any, but without anything of it. */
export interface RouteRow {
  readonly path: string;
  readonly status: number | null;
  readonly body?: unknown;
}

type RouteRows = (secret: Secret, own: Own) => readonly RouteRow[];

const LIST = '/api/inbox/conversations';
const ACCOUNTS = '/api/accounts';
const MEMBERS = '/api/members';
const REPLIES = '/api/saved-replies';

/** By `METHOD /path` as in openapi.json. */
export const ROUTE_ROWS: Readonly<Record<string, RouteRows>> = {
  'GET /api/inbox/conversations': ({ name, text, digits, tag, assigneeId, accountId }) => [
    { path: LIST, status: 200 },
    ...[`q=${name}`, `q=${text}`, `q=${digits}`, `tag=${tag}`, `assignee=${assigneeId}`, `account=${accountId}`].map(
      (query) => ({ path: `${LIST}?${encodeURI(query)}`, status: 200 }),
    ),
  ],
  'GET /api/inbox/conversations/{threadId}': ({ threadId }) => [{ path: `${LIST}/${threadId}`, status: 404 }],
  'GET /api/inbox/conversations/{threadId}/messages': ({ threadId }) => [
    { path: `${LIST}/${threadId}/messages`, status: 404 },
  ],
  'GET /api/inbox/conversations/{threadId}/search': ({ threadId, text }) => [
    { path: `${LIST}/${threadId}/search?${encodeURI(`q=${text}`)}`, status: 404 },
  ],
  'POST /api/inbox/send_message': ({ threadId, accountId, digits }) => [
    { path: '/api/inbox/send_message', status: 404, body: { threadId, kind: 'text', text: 'let me in' } },
    {
      path: '/api/inbox/send_message',
      status: 404,
      body: { accountId, to: digits, kind: 'text', text: 'let me in', commandId: randomUUID() },
    },
  ],
  'POST /api/inbox/send_typing': ({ threadId }) => [
    { path: '/api/inbox/send_typing', status: 404, body: { threadId, typing: true } },
  ],
  'PATCH /api/inbox/conversations/{threadId}/assign': ({ threadId }) => [
    { path: `${LIST}/${threadId}/assign`, status: 404, body: { assigneeId: null } },
  ],
  'PATCH /api/inbox/conversations/{threadId}/tags': ({ threadId }) => [
    { path: `${LIST}/${threadId}/tags`, status: 404, body: { add: ['mine'] } },
  ],
  'PATCH /api/inbox/conversations/{threadId}/status': ({ threadId }) => [
    { path: `${LIST}/${threadId}/status`, status: 404, body: { status: 'resolved' } },
  ],
  'GET /api/accounts': () => [{ path: ACCOUNTS, status: 403 }],
  'POST /api/accounts': ({ digits }) => [
    { path: ACCOUNTS, status: 403, body: { provider: 'cloud', name: 'Mine', externalId: digits } },
  ],
  'PATCH /api/accounts/{accountId}': ({ accountId }) => [
    { path: `${ACCOUNTS}/${accountId}`, status: 403, body: { name: 'Mine' } },
  ],
  ...Object.fromEntries(
    ['test', 'disable', 'enable', 'pair', 'templates/sync'].map((what): [string, RouteRows] => [
      `POST /api/accounts/{accountId}/${what}`,
      ({ accountId }) => [{ path: `${ACCOUNTS}/${accountId}/${what}`, status: 403, body: {} }],
    ]),
  ),
  'GET /api/accounts/{accountId}/templates': ({ accountId }) => [
    { path: `${ACCOUNTS}/${accountId}/templates`, status: null },
  ],
  'GET /api/contacts/{contactId}/export': ({ contactId }) => [
    { path: `/api/contacts/${contactId}/export`, status: 403 },
  ],
  'POST /api/contacts/{contactId}/erase': ({ contactId }) => [
    { path: `/api/contacts/${contactId}/erase`, status: 403, body: { confirm: contactId } },
  ],
  'GET /api/members': () => [{ path: MEMBERS, status: 403 }],
  'POST /api/members': ({ digits }) => [
    { path: MEMBERS, status: 403, body: { email: `${digits}@people.example`, displayName: 'Mine', role: 'agent' } },
  ],
  'PATCH /api/members/{memberId}': ({ assigneeId }) => [
    { path: `${MEMBERS}/${assigneeId}`, status: 403, body: { role: 'tenant_admin' } },
  ],
  'POST /api/members/{memberId}/reset-password': ({ assigneeId }) => [
    { path: `/api/members/${assigneeId}/reset-password`, status: 403, body: {} },
  ],
  'POST /api/members/{memberId}/remove': ({ assigneeId }) => [
    { path: `${MEMBERS}/${assigneeId}/remove`, status: 403, body: {} },
  ],
  'GET /api/saved-replies': () => [{ path: REPLIES, status: 200 }],
  // Agents may not change them, and a lead of another business has others.
  'POST /api/saved-replies': () => [{ path: REPLIES, status: null, body: { shortcut: randomUUID(), text: 'Mine' } }],
  'PATCH /api/saved-replies/{savedReplyId}': () => [
    { path: `${REPLIES}/${randomUUID()}`, status: null, body: { text: 'Mine' } },
  ],
  'POST /api/saved-replies/{savedReplyId}/remove': () => [
    { path: `${REPLIES}/${randomUUID()}/remove`, status: null, body: {} },
  ],
  // Files of saved replies are of the team, and those of another business are not there at all.
  'POST /api/saved-replies/files': () => [{ path: `${REPLIES}/files?filename=mine.json`, status: null, body: {} }],
  'GET /api/saved-replies/files/{fileId}': ({ mediaId }) => [{ path: `${REPLIES}/files/${mediaId}`, status: 404 }],
  'GET /api/saved-replies/files/{fileId}/thumbnail': ({ mediaId }) => [
    { path: `${REPLIES}/files/${mediaId}/thumbnail`, status: 404 },
  ],
  'POST /api/saved-replies/files/{fileId}/media': ({ mediaId, accountId }) => [
    { path: `${REPLIES}/files/${mediaId}/media?accountId=${accountId}&kind=document`, status: 404, body: {} },
  ],
  'GET /api/media/{mediaId}': ({ mediaId }) => [{ path: `/api/media/${mediaId}`, status: 404 }],
  'GET /api/media/{mediaId}/thumbnail': ({ mediaId }) => [{ path: `/api/media/${mediaId}/thumbnail`, status: 404 }],
  'GET /api/media/public/{token}': ({ mediaId }) => [{ path: `/api/media/public/t.${mediaId}.9.s`, status: 404 }],
  // JSON is no image: refused of everybody, of strangers because they do not have that number.
  'POST /api/media': ({ accountId }) => [
    { path: `/api/media?accountId=${accountId}&kind=image`, status: null, body: {} },
  ],
  // Followed by every observer from the first moment on, and once more with an old Last-Event-ID.
  'GET /api/reports': () => [{ path: '/api/reports?from=2026-01-01&to=2026-01-02', status: 200 }],
  'GET /api/inbox/events': () => [],
  'POST /api/auth/login': () => [
    { path: '/api/auth/login', status: 401, body: { email: 'nobody@people.example', password: 'guessed wrong' } },
  ],
  'POST /api/auth/renew': () => [{ path: '/api/auth/renew', status: 200, body: {} }],
  'POST /api/auth/password': () => [
    { path: '/api/auth/password', status: 400, body: { current: 'guessed wrong', next: 'another password' } },
  ],
  'POST /api/webhooks/whatsapp/cloud-api': () => [
    { path: '/api/webhooks/whatsapp/cloud-api', status: 401, body: { object: 'whatsapp_business_account' } },
  ],
  'GET /api/webhooks/whatsapp/cloud-api': () => [{ path: '/api/webhooks/whatsapp/cloud-api', status: 403 }],
  'POST /api/webhooks/whatsapp/evolution': () => [
    { path: '/api/webhooks/whatsapp/evolution', status: 401, body: { event: 'messages.upsert' } },
  ],
  'POST /api/webhooks/whatsapp/evolution/{event}': () => [
    { path: '/api/webhooks/whatsapp/evolution/messages-upsert', status: 401, body: { event: 'messages.upsert' } },
  ],
  'POST /api/webhooks/whatsapp/twilio': () => [{ path: '/api/webhooks/whatsapp/twilio', status: null, body: {} }],
  'GET /health/live': () => [{ path: '/health/live', status: 200 }],
  'GET /health/ready': () => [{ path: '/health/ready', status: 200 }],
  'GET /metrics': () => [{ path: '/metrics', status: 200 }],
  'GET /openapi.json': () => [{ path: '/openapi.json', status: 200 }],
  'GET /asyncapi.json': () => [{ path: '/asyncapi.json', status: 200 }],
  'GET /docs': () => [{ path: '/docs', status: 200 }],
  'GET /docs/{file}': () => [{ path: '/docs/nothing.js', status: 404 }],
};
