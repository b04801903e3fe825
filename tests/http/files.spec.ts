import { mkdir, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TenantId } from '../../src/contract/ids.ts';
import { testRunDir } from '../support/environment.ts';
import {
  ask,
  errorOf,
  logIn,
  newAccount,
  newMember,
  newTenant,
  parse,
  startGateway,
  type Answer,
  type Gateway,
} from './support.ts';

let gateway: Gateway;
let simulator: Server;

beforeAll(async () => {
  const clientDir = join(testRunDir(), 'client');
  await mkdir(join(clientDir, 'assets'), { recursive: true });
  await writeFile(join(clientDir, 'index.html'), '<title>inbox</title>');
  await writeFile(join(clientDir, 'assets', 'app-1a2b.js'), 'void 0');
  simulator = createServer((request, response) => {
    response.setHeader('x-from', 'simulator');
    request.pipe(response.writeHead(request.method === 'POST' ? 201 : 200, { 'content-type': 'text/plain' }));
    if (request.method === 'GET') response.end(`page ${String(request.url)}`);
  });
  await new Promise<void>((resolve) => simulator.listen(0, '127.0.0.1', resolve));
  const simulatorUrl = `http://127.0.0.1:${String((simulator.address() as AddressInfo).port)}`;
  gateway = await startGateway({ deps: { clientDir, simulatorUrl } });
});
afterAll(async () => {
  await gateway.close();
  simulator.close();
});

const get = (path: string, headers: Record<string, string> = {}): Promise<Answer> => ask(gateway, { path, headers });
const HTML = { accept: 'text/html,*/*' };

describe('the web inbox', () => {
  it('is served, its hashed files for ever', async () => {
    const page = await get('/', HTML);
    expect([page.status, page.text, page.headers['cache-control']]).toEqual([200, '<title>inbox</title>', 'no-cache']);
    expect(page.headers['content-security-policy']).toContain("default-src 'self'");
    const script = await get('/assets/app-1a2b.js');
    expect(script.headers['cache-control']).toContain('immutable');
    expect(script.headers['content-type']).toContain('javascript');
  });

  it('is not sent again to who has it', async () => {
    const etag = String((await get('/', HTML)).headers['etag']);
    const again = await get('/', { ...HTML, 'if-none-match': etag });
    expect([again.status, again.text, again.headers['cache-control']]).toEqual([304, '', 'no-cache']);
  });

  it('answers a browser at any address of its own', async () => {
    expect((await get('/threads/123', HTML)).text).toBe('<title>inbox</title>');
  });

  it.each(['/api/nothing', '/assets/gone.js', '/docs/gone.js', '/socket.io/x', '/health/x'])(
    'never stands in for %s',
    async (path) => {
      const answer = await get(path, HTML);
      expect([answer.status, errorOf(answer).code]).toEqual([404, 'not_found']);
    },
  );

  it('is not given to programs, nor for other methods', async () => {
    expect((await get('/threads/123', { accept: 'application/json' })).status).toBe(404);
    expect((await ask(gateway, { method: 'POST', path: '/threads/123', headers: HTML })).status).toBe(404);
  });

  it.each([
    ['/..%2f..%2fpackage.json', 404, 'not_found'],
    ['/assets/%2e%2e/%2e%2e/package.json', 404, 'not_found'],
    ['/%zz', 400, 'invalid_input'],
    ['/%00', 400, 'invalid_input'],
  ])('gives away nothing at %s', async (path, status, code) => {
    const answer = await get(path, HTML);
    expect([answer.status, errorOf(answer).code]).toEqual([status, code]);
  });
});

describe('the web inbox that is built anew under a running gateway', () => {
  const file = (name: string): string => join(testRunDir(), 'client', name);

  it('is served as it is now, page and files together', async () => {
    await writeFile(file('assets/app-3c4d.js'), 'void "new"');
    await writeFile(file('index.html'), '<title>the new inbox</title>');
    await rm(file('assets/app-1a2b.js'));
    const page = await get('/', HTML);
    expect([page.text, page.headers['content-length']]).toEqual(['<title>the new inbox</title>', '28']);
    expect((await get('/threads/123', HTML)).text).toBe('<title>the new inbox</title>');
    expect((await get('/assets/app-3c4d.js')).text).toBe('void "new"');
    expect((await get('/assets/app-1a2b.js')).status).toBe(404);
  });
});

describe('the simulator', () => {
  it('is reached under the address of the inbox, bodies included', async () => {
    const page = await get('/simulator/chat?x=1');
    expect([page.status, page.text, page.headers['x-from']]).toEqual([200, 'page /simulator/chat?x=1', 'simulator']);
    const posted = await ask(gateway, { method: 'POST', path: '/simulator/api/say', body: 'hello' });
    expect([posted.status, posted.text]).toEqual([201, 'hello']);
  });

  it('does not exist where none is configured, nor beside its path', async () => {
    expect((await get('/simulators')).status).toBe(404);
  });
});

describe('an attachment', () => {
  const CONTENT = 'twelve bytes';
  let tenantId: TenantId;
  let threadId: string;
  let owner: Record<string, string>;
  let stranger: Record<string, string>;

  async function newMedia(media: {
    mime: string;
    filename?: string;
    state?: string;
    revoked?: boolean;
  }): Promise<string> {
    const { mime, filename = null, state = 'ready', revoked = false } = media;
    const [row] = await gateway.db.run(
      'test',
      (sql) => sql<{ id: string }[]>`
      insert into media (tenant_id, thread_id, mime, filename, state, storage_key)
      values (${tenantId}, ${threadId}, ${mime}, ${filename}, ${state}, 'a/b.bin') returning id`,
    );
    const id = row?.id ?? '';
    await gateway.db.run(
      'test',
      (sql) => sql`
      update messages set media_id = ${id}, revoked_at = ${revoked ? new Date() : null} where tenant_id = ${tenantId} and thread_id = ${threadId}`,
    );
    return id;
  }

  beforeAll(async () => {
    await mkdir(join(gateway.blobDir, 'a'), { recursive: true });
    await writeFile(join(gateway.blobDir, 'a', 'b.bin'), CONTENT);
    tenantId = await newTenant(gateway.db, 'acme');
    const accountId = await newAccount(gateway.db, { tenantId, provider: 'cloud', externalId: '1' });
    await newMember(gateway.db, { tenantId, email: 'owner@acme.test', role: 'agent' });
    await newMember(gateway.db, { tenantId, email: 'stranger@acme.test', role: 'agent' });
    owner = await logIn(gateway, 'owner@acme.test');
    stranger = await logIn(gateway, 'stranger@acme.test');
    const body = JSON.stringify({
      accountId,
      to: '+15550100101',
      kind: 'template',
      template: { name: 'hello', language: 'en' },
    });
    const sent = await ask(gateway, {
      method: 'POST',
      path: '/api/inbox/send_message',
      headers: { ...owner, 'content-type': 'application/json' },
      body,
    });
    threadId = (parse(sent)['message'] as { threadId: string }).threadId;
    await gateway.db.run(
      'test',
      (sql) => sql`
      update threads set assignee_id = (select m.id from tenant_members m join users u on u.id = m.user_id where u.email = 'owner@acme.test')
      where id = ${threadId}`,
    );
  });

  it('is given to who may see its message', async () => {
    const id = await newMedia({ mime: 'image/png', filename: 'sún "x".png' });
    const answer = await get(`/api/media/${id}`, owner);
    expect([answer.status, answer.text]).toEqual([200, CONTENT]);
    expect(answer.headers['content-type']).toBe('image/png');
    expect(answer.headers['content-disposition']).toBe(
      `inline; filename="s_n _x_.png"; filename*=UTF-8''s%C3%BAn%20%22x%22.png`,
    );
    expect(answer.headers['content-security-policy']).toContain('sandbox');
  });

  it('does not exist for who may not', async () => {
    const id = await newMedia({ mime: 'image/png' });
    expect((await get(`/api/media/${id}`, stranger)).status).toBe(404);
    expect((await get(`/api/media/${id}`)).status).toBe(401);
  });

  it('says its size only where it is known', async () => {
    await newMedia({ mime: 'image/png' });
    const shown = async (): Promise<unknown> => {
      const { items } = parse(await get(`/api/inbox/conversations/${threadId}/messages`, owner));
      return (items as { media: { sizeBytes: unknown } }[])[0]?.media.sizeBytes;
    };
    expect(await shown()).toBeNull();
    await gateway.db.run('test', (sql) => sql`update media set size_bytes = 12`);
    expect(await shown()).toBe(12);
  });

  it('does not exist before it is ready, or once its message was revoked', async () => {
    expect((await get(`/api/media/${await newMedia({ mime: 'image/png', state: 'pending' })}`, owner)).status).toBe(
      404,
    );
    expect((await get(`/api/media/${await newMedia({ mime: 'image/png', revoked: true })}`, owner)).status).toBe(404);
  });

  it('that could run in a browser is only saved', async () => {
    const answer = await get(`/api/media/${await newMedia({ mime: 'text/html', filename: 'a.html' })}`, owner);
    expect(answer.headers['content-type']).toBe('application/octet-stream');
    expect(answer.headers['content-disposition']).toMatch(/^attachment/);
  });

  it.each([
    ['bytes=0-5', 206, 'twelve', 'bytes 0-5/12'],
    ['bytes=7-', 206, 'bytes', 'bytes 7-11/12'],
    ['bytes=-5', 206, 'bytes', 'bytes 7-11/12'],
    ['bytes=7-99', 206, 'bytes', 'bytes 7-11/12'],
    ['bytes=0-1,3-4', 200, CONTENT, undefined],
  ])('comes in parts: %s', async (range, status, text, contentRange) => {
    const answer = await get(`/api/media/${await newMedia({ mime: 'image/png' })}`, { ...owner, range });
    expect([answer.status, answer.text, answer.headers['content-range']]).toEqual([status, text, contentRange]);
  });

  it('has no part beyond its end', async () => {
    const answer = await get(`/api/media/${await newMedia({ mime: 'image/png' })}`, { ...owner, range: 'bytes=12-' });
    expect([answer.status, answer.headers['content-range']]).toEqual([416, 'bytes */12']);
    expect(answer.headers['content-type']).toContain('application/json');
    expect(answer.headers['content-length']).toBe(String(Buffer.byteLength(answer.text)));
    for (const name of ['etag', 'cache-control', 'content-disposition']) expect(answer.headers[name]).toBeUndefined();
  });

  it('is not sent again to who has it', async () => {
    const path = `/api/media/${await newMedia({ mime: 'image/png' })}`;
    const { etag } = (await get(path, owner)).headers;
    const again = await get(path, { ...owner, 'if-none-match': String(etag) });
    expect([again.status, again.text]).toEqual([304, '']);
    expect((await get(path, { ...owner, 'if-none-match': '"other"' })).text).toBe(CONTENT);
  });

  it('is sent whole to who has a part of something else', async () => {
    const path = `/api/media/${await newMedia({ mime: 'image/png' })}`;
    const range = 'bytes=0-5';
    const { etag } = (await get(path, owner)).headers;
    expect((await get(path, { ...owner, range, 'if-range': String(etag) })).text).toBe('twelve');
    expect((await get(path, { ...owner, range, 'if-range': '"other"' })).text).toBe(CONTENT);
  });

  it('can be asked about without its bytes', async () => {
    const path = `/api/media/${await newMedia({ mime: 'image/png' })}`;
    const answer = await ask(gateway, { method: 'HEAD', path, headers: owner });
    expect([answer.status, answer.headers['content-length'], answer.text]).toEqual([200, '12', '']);
  });
});
