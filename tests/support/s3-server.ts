/** A small S3 server on loopback: keeps objects in memory and verifies every signature itself. */
import { createHash, createHmac } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { S3Options } from '../../src/platform/blobs-s3.ts';

export interface TestS3 {
  readonly options: S3Options;
  readonly objects: Map<string, Buffer>;
  close(): Promise<void>;
}

const SECRET = 'test-secret-key';

export async function startTestS3(): Promise<TestS3> {
  const objects = new Map<string, Buffer>();
  const server = createServer((request, response) => {
    void handle(objects, request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const endpoint = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
  return {
    objects,
    options: { endpoint, region: 'eu-test-1', bucket: 'files', accessKeyId: 'test-key', secretAccessKey: SECRET },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function handle(objects: Map<string, Buffer>, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const key = (request.url ?? '').replace('/files/', '');
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  if (!isSigned(request)) response.writeHead(403).end('<Error><Code>SignatureDoesNotMatch</Code></Error>');
  else if (request.method === 'PUT') {
    objects.set(key, Buffer.concat(chunks));
    response.writeHead(200).end();
  } else if (request.method === 'DELETE') {
    objects.delete(key);
    response.writeHead(204).end();
  } else hand(objects.get(key), request, response);
}

function hand(found: Buffer | undefined, request: IncomingMessage, response: ServerResponse): void {
  if (found === undefined) return void response.writeHead(404).end();
  const [, start, end] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? [];
  const part = start === undefined ? found : found.subarray(Number(start), Number(end) + 1);
  response.writeHead(start === undefined ? 200 : 206, { 'content-length': part.length });
  response.end(request.method === 'HEAD' ? undefined : part);
}

const hmac = (key: Buffer | string, text: string): Buffer => createHmac('sha256', key).update(text).digest();

const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 Credential=test-key\/(\S+)\/(\S+)\/(s3)\/aws4_request, SignedHeaders=(\S+), Signature=([0-9a-f]{64})$/;

/** https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html */
function isSigned({ method, url, headers }: IncomingMessage): boolean {
  const match = AUTHORIZATION.exec(headers.authorization ?? '');
  if (match === null) return false;
  const [date, region, service, names, signature] = match.slice(1) as [string, string, string, string, string];
  const signed = names.split(';').map((name) => `${name}:${String(headers[name]).trim()}\n`);
  // No request of ours has a query.
  const canonical = [method, url, '', signed.join(''), names, headers['x-amz-content-sha256']].join('\n');
  const key = [region, service, 'aws4_request'].reduce<Buffer>(hmac, hmac(`AWS4${SECRET}`, date));
  const digest = createHash('sha256').update(canonical).digest('hex');
  const scope = [date, region, service, 'aws4_request'].join('/');
  return signature === hmac(key, ['AWS4-HMAC-SHA256', headers['x-amz-date'], scope, digest].join('\n')).toString('hex');
}
