/** A stand-in for the gateway's webhook routes: records every request with its raw bytes and answers as told. */
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A webhook as it arrived. */
export interface CaughtWebhook {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** A listening catcher. `answer` decides the status of the next requests. */
export interface WebhookCatcher {
  readonly url: string;
  readonly caught: CaughtWebhook[];
  answer: (webhook: CaughtWebhook) => number;
  stop(): Promise<void>;
}

/** Starts a catcher on a free port; it answers 200 until told otherwise. */
export async function startWebhookCatcher(): Promise<WebhookCatcher> {
  const caught: CaughtWebhook[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const webhook = { path: request.url ?? '', headers: request.headers, body: Buffer.concat(chunks) };
      caught.push(webhook);
      response.writeHead(catcher.answer(webhook)).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const catcher: WebhookCatcher = {
    url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    caught,
    answer: () => 200,
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return catcher;
}
