/** The REST surface as an OpenAPI 3.1 document, from the schemas the code runs on. */
import { z } from 'zod';
import { createDocument, type ZodOpenApiPathsObject } from 'zod-openapi';
import { COMMANDS } from '../contract/commands.ts';
import { Account, Contact, Member, Note, Thread } from '../contract/entities.ts';
import { ErrorBody } from '../contract/errors.ts';
import { Media, Message } from '../contract/message.ts';
import { SavedReply } from '../contract/saved-replies.ts';
import {
  ConversationsQuery,
  ExportQuery,
  LoginInput,
  MessagesQuery,
  PasswordChange,
  ReportQuery,
  SearchQuery,
  Session,
  TemplatesQuery,
} from '../contract/rest.ts';
import { FILE_ROUTES } from './openapi-files.ts';
import {
  JSON_TYPE,
  accountPath,
  answer,
  bearer,
  bodyRefusals,
  commandRoute,
  contactPath,
  errors,
  publicRoute,
  readRoute,
  tenantHeader,
  text,
  threadPath,
  webhookRoute,
  type DocumentedRoute,
} from './openapi-operations.ts';

const Readiness = z.object({ status: z.enum(['ready', 'unavailable']), reasons: z.array(z.string()) });

const conversations = '/api/inbox/conversations';
const accounts = '/api/accounts';
const members = '/api/members';
const savedReplies = '/api/saved-replies';
const webhooks = '/api/webhooks/whatsapp';

/** Every route of the HTTP surface; a test compares it with the router. */
export const DOCUMENTED_ROUTES: readonly DocumentedRoute[] = [
  webhookRoute(`${webhooks}/cloud-api`, 'Webhook of the Cloud API, signed with X-Hub-Signature-256'),
  webhookRoute(`${webhooks}/evolution`, 'Webhook of Evolution API'),
  webhookRoute(`${webhooks}/evolution/:event`, 'Webhook of Evolution API in its by-events mode'),
  webhookRoute(`${webhooks}/twilio`, 'Webhook of Twilio, signed with X-Twilio-Signature'),
  publicRoute('get', `${webhooks}/cloud-api`, {
    summary: "Meta's verification handshake",
    requestParams: {
      query: z.object({
        'hub.mode': z.literal('subscribe'),
        'hub.verify_token': z.string(),
        'hub.challenge': z.string(),
      }),
    },
    responses: {
      ...text('text/plain', 'The challenge.'),
      '400': { description: 'A challenge that is not plain text.', content: { 'text/plain': { schema: z.string() } } },
      ...errors(['forbidden']),
    },
  }),
  publicRoute('post', '/api/auth/login', {
    summary: 'Log in',
    requestBody: { required: true, content: { [JSON_TYPE]: { schema: LoginInput } } },
    responses: {
      ...answer(Session, 'A session.'),
      ...errors(['unauthenticated', 'invalid_input', 'rate_limited', 'unavailable', 'payload_too_large']),
      ...bodyRefusals,
    },
  }),
  publicRoute('post', '/api/auth/renew', {
    summary: 'Renew a session',
    security: bearer,
    responses: {
      ...answer(Session, 'A later session.'),
      ...errors(['unauthenticated', 'token_expired', 'password_change_required', 'unavailable']),
    },
  }),
  publicRoute('post', '/api/auth/password', {
    summary: "Change one's own password",
    security: bearer,
    requestBody: { required: true, content: { [JSON_TYPE]: { schema: PasswordChange } } },
    responses: {
      ...answer(Session, 'This session goes on with the token in it; all others have ended.'),
      ...errors([
        'unauthenticated',
        'token_expired',
        'invalid_input',
        'rate_limited',
        'unavailable',
        'payload_too_large',
      ]),
      ...bodyRefusals,
    },
  }),
  readRoute(conversations, 'Conversations, most recent first unless asked otherwise', {
    requestParams: { query: ConversationsQuery },
    responses: answer(COMMANDS['thread:list'].result, 'One page.'),
  }),
  readRoute(`${conversations}/:threadId`, 'One conversation', {
    requestParams: { path: threadPath },
    responses: answer(COMMANDS['thread:get'].result, 'As in a list.'),
  }),
  readRoute(`${conversations}/:threadId/messages`, 'Messages of a conversation, oldest first', {
    requestParams: { path: threadPath, query: MessagesQuery },
    responses: answer(COMMANDS['thread:messages'].result, 'One page.'),
  }),
  readRoute(`${conversations}/:threadId/search`, 'Messages of a conversation with these words, newest first', {
    requestParams: { path: threadPath, query: SearchQuery },
    responses: answer(COMMANDS['thread:search'].result, 'One page.'),
  }),
  commandRoute('post', '/api/inbox/send_message', { name: 'message:send', summary: 'Send a message' }),
  commandRoute('post', '/api/inbox/send_typing', { name: 'typing:set', summary: 'Show or hide "typing"' }),
  commandRoute('patch', `${conversations}/:threadId/assign`, {
    name: 'thread:assign',
    summary: 'Assign a conversation',
  }),
  commandRoute('patch', `${conversations}/:threadId/tags`, { name: 'thread:set-tags', summary: 'Add and remove tags' }),
  commandRoute('patch', `${conversations}/:threadId/status`, {
    name: 'thread:set-status',
    summary: 'Change the status',
  }),
  readRoute(accounts, 'WhatsApp numbers as administrators see them', {
    responses: answer(COMMANDS['account:list'].result, 'All of them; never a credential.'),
  }),
  commandRoute('post', accounts, { name: 'account:create', summary: 'Add a number' }),
  commandRoute('patch', `${accounts}/:accountId`, { name: 'account:update', summary: 'Change a number' }),
  commandRoute('post', `${accounts}/:accountId/test`, {
    name: 'account:test',
    summary: 'Ask the carrier whether it works',
  }),
  commandRoute('post', `${accounts}/:accountId/disable`, { name: 'account:disable', summary: 'Take out of use' }),
  commandRoute('post', `${accounts}/:accountId/enable`, { name: 'account:enable', summary: 'Put back in use' }),
  commandRoute('post', `${accounts}/:accountId/pair`, { name: 'account:pair', summary: 'A code that links a phone' }),
  readRoute(`${accounts}/:accountId/templates`, 'Message templates, those that can be sent first', {
    requestParams: { path: accountPath, query: TemplatesQuery },
    responses: answer(COMMANDS['template:list'].result, 'At most 500.'),
  }),
  commandRoute('post', `${accounts}/:accountId/templates/sync`, {
    name: 'template:sync',
    summary: 'Read the templates from the carrier now',
  }),
  readRoute(members, 'The team as administrators see it', {
    responses: answer(COMMANDS['member:list'].result, 'All of them, whether they are here or not.'),
  }),
  commandRoute('post', members, { name: 'member:add', summary: 'Add a person to the team' }),
  commandRoute('patch', `${members}/:memberId`, { name: 'member:set-role', summary: 'Change what a member may do' }),
  commandRoute('post', `${members}/:memberId/reset-password`, {
    name: 'member:reset-password',
    summary: 'Give an initial password and end all sessions',
  }),
  commandRoute('post', `${members}/:memberId/remove`, {
    name: 'member:remove',
    summary: 'End a membership and its sessions',
  }),
  readRoute(savedReplies, 'Texts that the business answers with again and again', {
    responses: answer(COMMANDS['saved-reply:list'].result, 'All of them, by shortcut.'),
  }),
  commandRoute('post', savedReplies, { name: 'saved-reply:create', summary: 'Save a reply' }),
  commandRoute('patch', `${savedReplies}/:savedReplyId`, {
    name: 'saved-reply:update',
    summary: 'Change a saved reply',
  }),
  commandRoute('post', `${savedReplies}/:savedReplyId/remove`, {
    name: 'saved-reply:remove',
    summary: 'Remove a saved reply',
  }),
  readRoute('/api/contacts/:contactId/export', 'All that is stored of a customer, a page at a time', {
    requestParams: { path: contactPath, query: ExportQuery },
    responses: answer(COMMANDS['contact:export'].result, 'Records in a fixed order.'),
  }),
  commandRoute('post', '/api/contacts/:contactId/erase', {
    name: 'contact:erase',
    summary: 'Erase a customer, or see how far that is',
  }),
  readRoute('/api/reports', 'What came and what was done, by day and by member', {
    requestParams: { query: ReportQuery },
    responses: answer(COMMANDS['report:read'].result, 'All days of the range. Agents get their own figures.'),
  }),
  readRoute('/api/inbox/events', 'Durable events as server-sent events', {
    requestParams: { header: z.object({ 'x-tenant-id': tenantHeader, 'last-event-id': z.string().optional() }) },
    responses: text('text/event-stream', 'Events; ids are epoch:seq. A ping every 15 s.'),
  }),
  ...FILE_ROUTES,
  publicRoute('get', '/health/live', {
    summary: 'The process answers',
    responses: answer(z.object({ status: z.literal('live') }), 'It does.'),
  }),
  publicRoute('get', '/health/ready', {
    summary: 'Ready for traffic',
    responses: {
      ...answer(Readiness, 'Ready.'),
      '503': {
        description: 'Draining, or Postgres or Redis is away: says which.',
        content: { [JSON_TYPE]: { schema: Readiness } },
      },
    },
  }),
  publicRoute('get', '/metrics', {
    summary: 'Metrics for Prometheus',
    description: 'With METRICS_TOKEN set, that token is the bearer token.',
    responses: { ...text('text/plain', 'Exposition text.'), ...errors(['unauthenticated']) },
  }),
  publicRoute('get', '/openapi.json', {
    summary: 'This document',
    responses: { '200': { description: 'OpenAPI 3.1.' } },
  }),
  publicRoute('get', '/asyncapi.json', {
    summary: 'The socket surface',
    responses: { '200': { description: 'AsyncAPI 3.0.' } },
  }),
  publicRoute('get', '/docs', { summary: 'Both documents as a page', responses: text('text/html', 'A page.') }),
  publicRoute('get', '/docs/:file', {
    summary: 'Script and style of the page',
    requestParams: { path: z.object({ file: z.string() }) },
    responses: { '200': { description: 'The file.' }, ...errors(['not_found']) },
  }),
];

/** Builds the document. */
export function openApiDocument(): ReturnType<typeof createDocument> {
  const paths: ZodOpenApiPathsObject = {};
  for (const { method, path, operation } of DOCUMENTED_ROUTES) {
    const documented = path.replace(/:(\w+)/g, '{$1}');
    paths[documented] = { ...paths[documented], [method]: operation };
  }
  return createDocument({
    openapi: '3.1.0',
    info: { title: 'Hunfly Inbox', version: '1', description: 'Every answer carries x-correlation-id.' },
    paths,
    components: {
      schemas: { Account, Contact, Error: ErrorBody, Media, Member, Message, Note, SavedReply, Session, Thread },
      securitySchemes: { session: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } },
    },
  });
}
