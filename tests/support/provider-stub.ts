/** A stand-in for the Cloud API on loopback: records calls, and misbehaves on request. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One request as it arrived. `text` is the message's, `reference` our message id. */
export interface StubCall {
  readonly channel: string;
  readonly body: Readonly<Record<string, unknown>>;
  readonly text: string;
  readonly reference: string;
  readonly token: string;
}

/**
 * accept: 200 with an id. refuse: that status and Meta error code. accept-then-…: the customer gets the message, but
 * the caller gets an error, nothing, or a cut connection. reset: cut before anything was accepted.
 */
export type StubAnswer =
  | { readonly kind: 'accept'; readonly id?: string; readonly waId?: string }
  | { readonly kind: 'refuse'; readonly status: number; readonly code: number; readonly retryAfter?: number }
  | { readonly kind: 'accept-then-500' | 'accept-then-hang' | 'accept-then-reset' | 'reset' };

export interface ProviderStub {
  readonly url: string;
  /** Every request, in the order of arrival. */
  readonly calls: StubCall[];
  /** Texts that the customer has, in order of acceptance. */
  readonly delivered: string[];
  /** The largest number of one recipient's requests that were open at the same time. */
  readonly mostAtOnce: () => number;
  /** Decides the answer; default accept. May wait. */
  answer: (call: StubCall, index: number) => StubAnswer | Promise<StubAnswer>;
  close(): Promise<void>;
}

const JSON_TYPE = { 'content-type': 'application/json' };

interface Given {
  readonly call: StubCall;
  readonly index: number;
  readonly answer: StubAnswer;
}

function refuse(response: ServerResponse, answer: Extract<StubAnswer, { kind: 'refuse' }>): void {
  const wait = answer.retryAfter === undefined ? {} : { 'retry-after': String(answer.retryAfter) };
  const body = { error: { code: answer.code, message: 'refused' } };
  response.writeHead(answer.status, { ...JSON_TYPE, ...wait }).end(JSON.stringify(body));
}

function accept(response: ServerResponse, given: Given, answer: Extract<StubAnswer, { kind: 'accept' }>): void {
  const { call, index } = given;
  const contacts = answer.waId === undefined ? [] : [{ input: textOf(call.body['to']), wa_id: answer.waId }];
  const id = answer.id ?? `wamid.out.${call.reference}.${String(index)}`;
  response.writeHead(200, JSON_TYPE);
  response.end(JSON.stringify({ messaging_product: 'whatsapp', contacts, messages: [{ id }] }));
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

async function readBody(request: IncomingMessage): Promise<Record<string, unknown>> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return JSON.parse(Buffer.concat(chunks).toString('utf8')) as Record<string, unknown>;
}

/** Listens on a free port of 127.0.0.1 until closed. */
export async function startProviderStub(): Promise<ProviderStub> {
  const open = new Map<string, number>();
  let most = 0;
  const stub = {
    url: '',
    calls: [] as StubCall[],
    delivered: [] as string[],
    mostAtOnce: () => most,
    answer: (): StubAnswer => ({ kind: 'accept' }),
    close: async (): Promise<void> => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  } as { -readonly [K in keyof ProviderStub]: ProviderStub[K] };
  const server: Server = createServer((request, response) => {
    void handle(request, response);
  });

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readBody(request);
    const call: StubCall = {
      channel: request.url?.split('/').at(-2) ?? '',
      body,
      text: (body['text'] as { body?: string } | undefined)?.body ?? '',
      reference: textOf(body['biz_opaque_callback_data']),
      token: request.headers.authorization ?? '',
    };
    const index = stub.calls.push(call) - 1;
    const to = textOf(body['to']);
    open.set(to, (open.get(to) ?? 0) + 1);
    most = Math.max(most, open.get(to) ?? 0);
    try {
      respond(request, response, { call, index, answer: await stub.answer(call, index) });
    } finally {
      open.set(to, (open.get(to) ?? 1) - 1);
    }
  }

  function respond(request: IncomingMessage, response: ServerResponse, given: Given): void {
    const { call, answer } = given;
    if (answer.kind !== 'refuse' && answer.kind !== 'reset') stub.delivered.push(call.text);
    switch (answer.kind) {
      case 'reset':
      case 'accept-then-reset':
        request.socket.destroy();
        return;
      case 'accept-then-hang':
        return;
      case 'accept-then-500':
        response.writeHead(500, JSON_TYPE).end('{}');
        return;
      case 'refuse':
        refuse(response, answer);
        return;
      case 'accept':
        accept(response, given, answer);
    }
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  stub.url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
  return stub;
}
