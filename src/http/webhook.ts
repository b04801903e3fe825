/**
 * The carriers' door: takes raw bytes, makes authentic ones durable, and always answers within 2 s. It is the outermost
 * middleware and writes its answers itself, because the middleware for people costs as much as a webhook's own work.
 */
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { Context, Middleware } from 'koa';
import type Router from '@koa/router';
import { InboxError } from '../contract/errors.ts';
import { DeadlineError, withDeadline } from '../lib/deadline.ts';
import type { Clock } from '../lib/clock.ts';
import { sameSecret } from '../lib/hash.ts';
import { chooseCorrelationId } from '../platform/log.ts';
import { IngestUnavailableError } from '../inbox/ingest/accept.ts';
import type { GapWatch } from '../inbox/reconcile/gaps.ts';
import type { Provider } from '../providers/provider.ts';
import { mediaTypeOf, readBody, refusalFor, type BodyMemory } from './body.ts';
import { HttpRefusal, sendRefusal, statusOf, type Exchange } from './errors.ts';
import { recordAnswer, type ObserveDeps } from './observe.ts';
import { admit, RETRY_AFTER_MS, type AdmitDeps } from './webhook-admission.ts';

/** What receiving webhooks depends on. */
export interface WebhookDeps extends AdmitDeps, ObserveDeps {
  readonly providers: readonly Provider[];
  readonly clock: Clock;
  /** The address at which carriers reach us, without a trailing slash; Twilio signs it. */
  readonly publicUrl: string | null;
  /** Told when a webhook was refused temporarily, because not every carrier sends it again. */
  readonly gaps: Pick<GapWatch, 'refused'>;
  /** True: every response closes its connection. */
  readonly draining: () => boolean;
  /** Limits the memory of all bodies together; default: the limit that readBody has for the process. */
  readonly bodies?: BodyMemory;
}

/**
 * From the last byte of the body to the answer. A webhook that is not decided by then is refused, and the carrier sends
 * it again.
 */
const DEADLINE_MS = 1900;

interface Route {
  readonly path: string;
  readonly provider: Provider['name'];
}

const PREFIX = '/api/webhooks/whatsapp';
const ROUTES: readonly Route[] = [
  { path: `${PREFIX}/cloud-api`, provider: 'cloud' },
  { path: `${PREFIX}/evolution`, provider: 'evolution' },
  // Evolution's by-events mode appends the event's name; it is in the body as well.
  { path: `${PREFIX}/evolution/:event`, provider: 'evolution' },
  { path: `${PREFIX}/twilio`, provider: 'twilio' },
];

/** Adds `POST` of every carrier's path. */
export function registerWebhooks(router: Router, deps: WebhookDeps): void {
  for (const route of ROUTES) router.post(route.path, (ctx) => answer(ctx, deps, route));
}

/** The same paths by exact comparison: looking them up in the router is a tenth of a webhook's cost. */
export function answerUsualPaths(deps: WebhookDeps): Middleware {
  const routes = new Map(ROUTES.map((route) => [route.path, route]));
  return (ctx, next) => {
    const route = ctx.method === 'POST' ? routes.get(ctx.path) : undefined;
    return route === undefined ? next() : answer(ctx, deps, route);
  };
}

async function answer(ctx: Context, deps: WebhookDeps, route: Route): Promise<void> {
  ctx.respond = false;
  await answerWebhook(deps, route, { request: ctx.req, response: ctx.res });
}

/** Never rejects. */
async function answerWebhook(deps: WebhookDeps, route: Route, { request, response }: Exchange): Promise<void> {
  const startedMs = performance.now();
  const correlationId = chooseCorrelationId(request);
  const isDraining = deps.draining();
  let status = 200;
  try {
    await receive(deps, route, { request, correlationId });
    sendReceipt(response, route, { correlationId, isDraining });
  } catch (error) {
    const refusal = refusalOf(error, deps, correlationId);
    status = statusOf(refusal);
    response.setHeader('x-correlation-id', correlationId);
    if (isDraining) response.setHeader('connection', 'close');
    sendRefusal({ request, response }, refusal, correlationId);
  }
  recordAnswer(deps, { method: 'POST', route: route.path, status, startedMs, correlationId });
}

/** Resolves when the webhook is durable. */
async function receive(
  deps: WebhookDeps,
  route: Route,
  { request, correlationId }: { readonly request: IncomingMessage; readonly correlationId: string },
): Promise<void> {
  const provider = deps.providers.find(({ name }) => name === route.provider);
  if (provider === undefined) {
    throw new HttpRefusal('not_found', 'This provider is not available here.', { unread: true });
  }
  if (!provider.mediaTypes.includes(mediaTypeOf(request))) {
    throw new HttpRefusal('unsupported', `Send ${provider.mediaTypes.join(' or ')}.`, { status: 415, unread: true });
  }
  const read = await readBody(request, provider.maxBodyBytes, deps.bodies);
  if (!read.ok) throw refusalFor(read.failure, provider.maxBodyBytes);
  const { headers, url = '' } = request;
  const webhook = { headers, url: `${deps.publicUrl ?? ''}${url}`, body: read.body, nowMs: deps.clock.nowMs() };
  // After the deadline the bytes stay counted until nobody works on them any more.
  const admitting = admit(deps, provider, { request: webhook, correlationId }).finally(() => {
    read.release();
  });
  await withDeadline(admitting, DEADLINE_MS, 'The webhook');
}

const JSON_RECEIPT = { type: 'application/json; charset=utf-8', text: '{"received":true}' };
const TWILIO_RECEIPT = { type: 'text/xml; charset=utf-8', text: '<Response/>' };

/** Sets all headers at once: each header set separately is looked up and checked once more. */
function sendReceipt(
  response: ServerResponse,
  { provider }: Route,
  { correlationId, isDraining }: { readonly correlationId: string; readonly isDraining: boolean },
): void {
  const { type, text } = provider === 'twilio' ? TWILIO_RECEIPT : JSON_RECEIPT;
  const headers: OutgoingHttpHeaders = {
    'x-correlation-id': correlationId,
    'content-type': type,
    'content-length': text.length,
  };
  if (isDraining) headers.connection = 'close';
  response.writeHead(200, headers).end(text);
}

/** Whatever prevents a decision about a webhook becomes 503, so that the carrier sends it again. */
function refusalOf(error: unknown, { log, gaps }: WebhookDeps, correlationId: string): InboxError {
  if (error instanceof HttpRefusal) return error;
  if (error instanceof InboxError) {
    if (error.code === 'unavailable') gaps.refused();
    return error;
  }
  if (!(error instanceof IngestUnavailableError || error instanceof DeadlineError)) {
    log.error({ err: error, correlationId }, 'A webhook failed in a way that is a defect.');
  }
  gaps.refused();
  return new InboxError('unavailable', 'The webhook could not be stored. Send it again.', {
    retryAfterMs: RETRY_AFTER_MS,
  });
}

/** Meta sends digits. They are echoed as text that no browser executes. */
const CHALLENGE = /^[\w.-]{1,256}$/;

/** https://developers.facebook.com/docs/graph-api/webhooks/getting-started#verification-requests */
export function registerHandshake(
  router: Router,
  { metaVerifyToken }: { readonly metaVerifyToken: string | null },
): void {
  router.get(`${PREFIX}/cloud-api`, (ctx) => {
    shakeHands(ctx, metaVerifyToken);
  });
}

function shakeHands(ctx: Context, token: string | null): void {
  const query = new URLSearchParams(ctx.querystring);
  const right = sameSecret(query.get('hub.verify_token') ?? '', token ?? '') && query.get('hub.mode') === 'subscribe';
  if (!right) throw new InboxError('forbidden', 'The verify token is not the one configured here.');
  const challenge = query.get('hub.challenge') ?? '';
  const plain = CHALLENGE.test(challenge);
  // Plain text also when refused, unlike every other error: the corpus of hostile bodies asks for it (case 22).
  ctx.type = 'text/plain; charset=utf-8';
  ctx.status = plain ? 200 : 400;
  ctx.body = plain ? challenge : 'hub.challenge is not plain text.';
}
