import { Ajv } from 'ajv';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { COMMAND_NAMES } from '../../src/contract/commands.ts';
import { ERROR_STATUS } from '../../src/contract/errors.ts';
import { SERVER_EVENTS } from '../../src/contract/socket.ts';
import { createRouters, type HttpDeps } from '../../src/http/app.ts';
import { ask, parse, startGateway, type Gateway } from './support.ts';

interface DocumentedOperation {
  readonly responses: Record<string, { readonly content?: Record<string, { readonly schema: object }> } | undefined>;
}

let gateway: Gateway;
let openapi: Record<string, unknown>;
let asyncapi: Record<string, unknown>;

beforeAll(async () => {
  gateway = await startGateway({ deps: { metricsToken: 'scrape-token' } });
  openapi = parse(await ask(gateway, { path: '/openapi.json' }));
  asyncapi = parse(await ask(gateway, { path: '/asyncapi.json' }));
});
afterAll(() => gateway.close());

/** Every `$ref` of a document leads somewhere inside it. */
function brokenReferences(document: unknown): string[] {
  const found: string[] = [];
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    for (const [key, inner] of Object.entries(value)) {
      if (key === '$ref' && typeof inner === 'string') found.push(inner);
      else visit(inner);
    }
  };
  visit(document);
  return found.filter((reference) => {
    const steps = reference.replace(/^#\//, '').split('/');
    return (
      steps.reduce<unknown>((at, step) => (at as Record<string, unknown> | undefined)?.[step], document) === undefined
    );
  });
}

describe('openapi.json', () => {
  it('describes every route that is registered, and no other', () => {
    const deps = { redisVolatile: gateway.redis } as unknown as HttpDeps;
    const { webhooks, rest } = createRouters(deps);
    const registered = [...webhooks.stack, ...rest.stack].flatMap((layer) =>
      layer.methods
        .filter((method) => method !== 'HEAD')
        .map((method) => `${method} ${String(layer.path).replace(/:(\w+)/g, '{$1}')}`),
    );
    const documented = Object.entries(openapi['paths'] as Record<string, object>).flatMap(([path, item]) =>
      Object.keys(item).map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect(documented.sort()).toEqual(registered.sort());
  });

  it('is OpenAPI 3.1 whose references hold', () => {
    expect(openapi['openapi']).toBe('3.1.0');
    expect(brokenReferences(openapi)).toEqual([]);
    for (const item of Object.values(
      openapi['paths'] as Record<string, Record<string, { summary?: string; responses?: object }>>,
    )) {
      for (const operation of Object.values(item)) {
        expect(operation.summary).toBeTruthy();
        expect(Object.keys(operation.responses ?? {})).not.toEqual([]);
      }
    }
  });

  const BODILESS = ['/api/auth/renew', '/api/saved-replies/files/{fileId}/media'];

  it('says of every body that it may come too late', () => {
    const posts = Object.entries(openapi['paths'] as Record<string, { post?: DocumentedOperation }>)
      .filter(([path, { post }]) => post !== undefined && !BODILESS.includes(path))
      .map(([path, { post }]) => [path, Object.keys(post?.responses ?? {}).includes('408')]);
    expect(posts.length).toBeGreaterThan(10);
    expect(posts.filter(([, isSaid]) => isSaid !== true)).toEqual([]);
  });

  it('knows every error code', () => {
    const text = JSON.stringify(openapi['paths']);
    for (const code of Object.keys(ERROR_STATUS)) expect(text).toContain(`\`${code}\``);
  });

  it('requires what the commands require', () => {
    const paths = openapi['paths'] as Record<
      string,
      { post?: { requestBody: { content: Record<string, { schema: { required: string[] } }> } } }
    >;
    expect(paths['/api/inbox/send_message']?.post?.requestBody.content['application/json']?.schema.required).toContain(
      'kind',
    );
  });
});

describe('what openapi.json says of an answer', () => {
  const json = { 'content-type': 'application/json' };
  const webhook = '/api/webhooks/whatsapp/cloud-api';
  const handshake = '?hub.mode=subscribe&hub.verify_token=test_verify_token&hub.challenge=';

  it.each<[string, string, Partial<Parameters<typeof ask>[1]>]>([
    ['/health/live', 'get', {}],
    ['/health/ready', 'get', {}],
    ['/metrics', 'get', {}],
    [webhook, 'get', {}],
    [webhook, 'get', { path: `${webhook}${handshake}1234` }],
    [webhook, 'get', { path: `${webhook}${handshake}%3Cb%3E` }],
    [webhook, 'post', { method: 'POST', headers: json, body: '{}' }],
    [webhook, 'post', { method: 'POST', headers: { 'content-type': 'text/plain' }, body: 'x' }],
    ['/api/auth/login', 'post', { method: 'POST', headers: json, body: '{}' }],
    ['/api/auth/login', 'post', { method: 'POST', headers: { 'content-type': 'text/plain' }, body: 'x' }],
    ['/api/auth/login', 'post', { method: 'POST', headers: json, body: `{"email":"${'x'.repeat(300_000)}"}` }],
    ['/api/inbox/send_message', 'post', { method: 'POST', headers: json, body: '{}' }],
  ])('%s %s is what is answered', async (path, method, request) => {
    const answer = await ask(gateway, { path, ...request });
    const operation = (openapi['paths'] as Record<string, Record<string, DocumentedOperation>>)[path]?.[method];
    const content = operation?.responses[String(answer.status)]?.content ?? {};
    const [type = 'none'] = Object.keys(content);
    expect(answer.headers['content-type']).toContain(type);
    if (type !== 'application/json') return;
    const ajv = new Ajv({ strict: false, validateFormats: false });
    ajv.addSchema({ components: openapi['components'] }, 'openapi');
    const schema = JSON.parse(JSON.stringify(content[type]?.schema).replaceAll('"#/', '"openapi#/')) as object;
    expect(ajv.validate(schema, parse(answer)) || ajv.errorsText()).toBe(true);
  });
});

describe('asyncapi.json', () => {
  it('describes every command with its answer, and every event of the server', () => {
    const { messages } = asyncapi['components'] as { messages: Record<string, { name: string }> };
    const names = Object.values(messages).map(({ name }) => name);
    for (const name of COMMAND_NAMES) expect(names).toEqual(expect.arrayContaining([name, `${name}.ack`]));
    for (const name of [...Object.keys(SERVER_EVENTS), 'events']) expect(names).toContain(name);
  });

  it('is AsyncAPI 3.0 whose references hold and whose schemas compile', () => {
    expect(asyncapi['asyncapi']).toBe('3.0.0');
    expect(brokenReferences(asyncapi)).toEqual([]);
    const { messages } = asyncapi['components'] as { messages: Record<string, { payload: object }> };
    const ajv = new Ajv({ strict: false, validateFormats: false });
    for (const { payload } of Object.values(messages)) expect(typeof ajv.compile(payload)).toBe('function');
  });
});

describe('/docs', () => {
  it('is a page with nothing from elsewhere', async () => {
    const page = await ask(gateway, { path: '/docs' });
    expect(page.headers['content-type']).toContain('text/html');
    expect(page.text).not.toMatch(/https?:\/\/|<script>|style=/);
    for (const file of ['page.js', 'page.css'])
      expect((await ask(gateway, { path: `/docs/${file}` })).status).toBe(200);
    expect((await ask(gateway, { path: '/docs/constructor' })).status).toBe(404);
  });
});

describe('/metrics', () => {
  it('is for who has the token', async () => {
    expect((await ask(gateway, { path: '/metrics' })).status).toBe(401);
    expect((await ask(gateway, { path: '/metrics', headers: { authorization: 'Bearer wrong' } })).status).toBe(401);
    const answer = await ask(gateway, { path: '/metrics', headers: { authorization: 'Bearer scrape-token' } });
    expect(answer.status).toBe(200);
    expect(answer.text).toContain('hunfly_http_requests_total{method="GET",route="/openapi.json",status="200"}');
  });
});
