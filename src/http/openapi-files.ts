/** The routes of files in the OpenAPI document: attachments of messages, and files of saved replies. */
import { z } from 'zod';
import { ReplyFileToSend, Uploaded, UploadQuery } from '../contract/rest.ts';
import { SavedReplyFileQuery, StoredReplyFile } from '../contract/saved-replies.ts';
import {
  JSON_TYPE,
  MEMBER_ERRORS,
  bearer,
  errors,
  headers,
  lateBody,
  publicRoute,
  readRoute,
  type DocumentedRoute,
} from './openapi-operations.ts';

const BINARY = { '*/*': { schema: { type: 'string', format: 'binary' } } } as const;
const NUMBER_ERRORS = ['channel_down', 'payload_too_large', 'unsupported'] as const;
const member = headers.pick({ 'x-tenant-id': true });
const mediaPath = z.object({ mediaId: z.uuid() });
const filePath = z.object({ fileId: z.uuid() });
const replyFiles = '/api/saved-replies/files';

const stored = (schema: z.ZodType, description: string) => ({
  '201': { description, content: { [JSON_TYPE]: { schema } } },
});

const TO_SEND = 'Stored. Name its id as mediaId of message:send within 24 hours.';

/** The bytes of a file. */
function bytesRoute(path: string, params: z.ZodObject, summary: string): DocumentedRoute {
  return readRoute(path, summary, {
    requestParams: { path: params },
    responses: {
      '200': { description: 'All bytes.', content: BINARY },
      '206': { description: 'The bytes of the range.' },
      '304': { description: 'The caller has them already.' },
      '416': { description: 'The range is outside of the file.' },
    },
  });
}

function thumbnailRoute(path: string, params: z.ZodObject, summary: string): DocumentedRoute {
  return readRoute(path, summary, {
    requestParams: { path: params },
    responses: {
      '200': {
        description: 'The picture.',
        content: { 'image/webp': { schema: { type: 'string', format: 'binary' } } },
      },
      '304': { description: 'The caller has it already.' },
    },
  });
}

/** In the order in which they are shown. */
export const FILE_ROUTES: readonly DocumentedRoute[] = [
  bytesRoute('/api/media/:mediaId', mediaPath, 'A stored attachment; takes Range'),
  thumbnailRoute('/api/media/:mediaId/thumbnail', mediaPath, 'A small WebP of a stored image'),
  publicRoute('post', '/api/media', {
    summary: 'Upload a file to send; the body is its bytes',
    security: bearer,
    requestParams: { header: member, query: UploadQuery },
    requestBody: { required: true, content: BINARY },
    responses: { ...stored(Uploaded, TO_SEND), ...errors([...MEMBER_ERRORS, ...NUMBER_ERRORS]), ...lateBody },
  }),
  publicRoute('get', '/api/media/public/:token', {
    summary: 'A stored attachment by a signed link, as carriers get it',
    requestParams: { path: z.object({ token: z.string() }) },
    responses: { '200': { description: 'All bytes.', content: BINARY }, ...errors(['not_found']) },
  }),
  publicRoute('post', replyFiles, {
    summary: 'Upload a file for a saved reply; the body is its bytes',
    security: bearer,
    requestParams: { header: member, query: SavedReplyFileQuery },
    requestBody: { required: true, content: BINARY },
    responses: {
      ...stored(StoredReplyFile, 'Stored. Name its id in files of a saved reply within 24 hours.'),
      ...errors([...MEMBER_ERRORS, 'payload_too_large']),
      ...lateBody,
    },
  }),
  bytesRoute(`${replyFiles}/:fileId`, filePath, 'A file of a saved reply; takes Range'),
  thumbnailRoute(`${replyFiles}/:fileId/thumbnail`, filePath, 'A small WebP of an image of a saved reply'),
  publicRoute('post', `${replyFiles}/:fileId/media`, {
    summary: 'Make an attachment to send of a file of a saved reply',
    security: bearer,
    requestParams: { header: member, path: filePath, query: ReplyFileToSend },
    responses: { ...stored(Uploaded, TO_SEND), ...errors([...MEMBER_ERRORS, ...NUMBER_ERRORS]) },
  }),
];
