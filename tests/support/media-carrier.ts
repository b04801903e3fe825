/** A stand-in for the carriers' media servers on loopback: serves files, and misbehaves on request. */
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One request as it arrived. */
export interface MediaCall {
  readonly method: string;
  readonly path: string;
  readonly authorization: string | undefined;
  readonly apikey: string | undefined;
}

/** `answer` sees every request; null leaves it to the usual answer. */
export interface MediaCarrier {
  readonly url: string;
  readonly calls: MediaCall[];
  /** Bytes by media id. */
  readonly files: Map<string, Buffer>;
  answer: (call: MediaCall, response: ServerResponse, index: number) => boolean;
  close(): Promise<void>;
}

/** The Twilio account SID of these tests. */
export const ACCOUNT_SID = `AC${'0'.repeat(32)}`;

export const sha256Of = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

/** Cloud: `/v24.0/{id}` gives `/files/{id}`. Both want `Bearer token-1`. Evolution's base64 call; Twilio's basic auth. */
export async function startMediaCarrier(): Promise<MediaCarrier> {
  const server = createServer((request, response) => {
    request.resume().once('end', () => {
      const call = callOf(request);
      const index = carrier.calls.push(call) - 1;
      if (!carrier.answer(call, response, index)) usual(carrier, call, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const carrier: MediaCarrier = {
    url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    calls: [],
    files: new Map(),
    answer: () => false,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return carrier;
}

function callOf(request: IncomingMessage): MediaCall {
  const { authorization, apikey } = request.headers;
  return {
    method: request.method ?? '',
    path: request.url ?? '',
    authorization,
    apikey: typeof apikey === 'string' ? apikey : undefined,
  };
}

function usual(carrier: MediaCarrier, call: MediaCall, response: ServerResponse): void {
  const [, kind, id = ''] = /^\/(v24\.0|files|2010-04-01|chat)\/(?:.*\/)?([^/?]+)/.exec(call.path) ?? [];
  const bytes = carrier.files.get(id);
  if (kind === 'chat') return evolution(carrier, call, response);
  const expected =
    kind === '2010-04-01' ? `Basic ${Buffer.from(`${ACCOUNT_SID}:token-1`).toString('base64')}` : 'Bearer token-1';
  if (call.authorization !== expected) return void response.writeHead(401).end();
  if (bytes === undefined) return void response.writeHead(404).end();
  if (kind === 'v24.0') {
    const ticket = { id, url: `${carrier.url}/files/${id}`, sha256: sha256Of(bytes), file_size: bytes.length };
    return json(response, ticket);
  }
  response.writeHead(200, { 'content-type': 'application/octet-stream' }).end(bytes);
}

function evolution(carrier: MediaCarrier, call: MediaCall, response: ServerResponse): void {
  const [bytes] = carrier.files.values();
  if (call.apikey !== 'token-1' || bytes === undefined) return void response.writeHead(401).end('{}');
  json(response, { mediaType: 'imageMessage', base64: bytes.toString('base64') }, 201);
}

export function json(response: ServerResponse, body: unknown, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
