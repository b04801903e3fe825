import { request as send } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ErrorBody } from '../../src/contract/errors.ts';
import { createMetricsServer } from '../../src/platform/metrics-server.ts';

const server = createMetricsServer({ port: 0, host: null, token: 'scrape' });

beforeAll(async () => {
  await server.start();
});
afterAll(async () => {
  await server.stop();
});

interface Asked {
  readonly path: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** With the path as it is: `fetch` would mend it. */
function ask({ path, method = 'GET', headers = {} }: Asked) {
  return new Promise<{ status: number; headers: Record<string, unknown>; body: string }>((resolve, reject) => {
    const request = send(
      { host: '127.0.0.1', port: server.port(), path, method, headers: { ...headers } },
      (answer) => {
        let body = '';
        answer.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
        answer.on('end', () => {
          resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body });
        });
      },
    );
    request.on('error', reject).end();
  });
}

describe("a worker's own server", () => {
  it('shows its figures to who has the token', async () => {
    const { status, body } = await ask({ path: '/metrics', headers: { authorization: 'Bearer scrape' } });
    expect(status).toBe(200);
    expect(body).toContain('# TYPE hunfly_queue_backlog gauge');
  });

  it.each<[string, Asked, number, string]>([
    ['a wrong token', { path: '/metrics' }, 401, 'unauthenticated'],
    ['an address that is none', { path: '/nothing' }, 404, 'not_found'],
    ['an address that is no URL', { path: '//' }, 404, 'not_found'],
    ['another method', { path: '/metrics', method: 'POST' }, 405, 'unsupported'],
  ])('refuses %s in the shape that the gateways have', async (_case, asked, status, code) => {
    const answer = await ask({ ...asked, headers: { ...asked.headers, 'x-correlation-id': 'scrape-7' } });
    expect(answer.status).toBe(status);
    expect(answer.headers['content-type']).toBe('application/json; charset=utf-8');
    expect(answer.headers['x-correlation-id']).toBe('scrape-7');
    const { error } = JSON.parse(answer.body) as { error: unknown };
    expect(ErrorBody.parse(error)).toMatchObject({ code, correlationId: 'scrape-7' });
  });
});
