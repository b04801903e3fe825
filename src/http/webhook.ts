/** The providers' door: raw bytes in, authentic ones made durable, always answered within 2 s. */
import type { Context } from 'koa';
import type Router from '@koa/router';
import { InboxError } from '../contract/errors.ts';
import { parseBoundedJson } from '../lib/bounded-json.ts';
import type { Clock } from '../lib/clock.ts';
import { DeadlineError, withDeadline } from '../lib/deadline.ts';
import type { AccountDirectory } from '../inbox/accounts/directory.ts';
import { PAIRING_CHANNEL, type TenantPairing } from '../inbox/accounts/pairing.ts';
import type { HintPublisher } from '../inbox/hints.ts';
import { IngestUnavailableError, type IngestGate } from '../inbox/ingest/accept.ts';
import type { GapWatch } from '../inbox/reconcile/gaps.ts';
import { correlationId, type Logger } from '../platform/log.ts';
import { sameSecret } from '../lib/hash.ts';
import { MAX_BODY_DEPTH, type Provider, type Secret, type WebhookRequest } from '../providers/provider.ts';
import { mediaType, readBody, refusalFor } from './body.ts';
import { HttpRefusal } from './errors.ts';

/** What webhooks are checked and stored with. */
export interface WebhookDeps {
  readonly providers: readonly Provider[];
  readonly directory: AccountDirectory;
  readonly gate: IngestGate;
  readonly clock: Clock;
  readonly log: Logger;
  /** How providers reach us, without a trailing slash; Twilio signs it. */
  readonly publicUrl: string | null;
  readonly metaVerifyToken: string | null;
  /** Where pairing codes are told to the gateways; what cannot be sent is lost. */
  readonly pairings: HintPublisher;
  /** Told when a webhook has to come again: not every carrier sends it again. */
  readonly gaps: Pick<GapWatch, 'refused'>;
}

/** From the last byte of the body to the answer; what is not decided by then is sent again by the provider. */
const DEADLINE_MS = 1900;
/** Waiting for accounts that were added a moment ago, before a signature counts as wrong. */
const REFRESH_DEADLINE_MS = 700;
const RETRY_AFTER_MS = 5000;

/** Path below /api/webhooks/whatsapp and the provider it belongs to. */
const PATHS = [
  { path: '/cloud-api', provider: 'cloud' },
  { path: '/evolution', provider: 'evolution' },
  // Evolution's by-events mode appends the event's name; it is in the body as well.
  { path: '/evolution/:event', provider: 'evolution' },
  { path: '/twilio', provider: 'twilio' },
] as const;

/** Adds the webhook routes. A provider that is not in the list answers 404. */
export function registerWebhooks(router: Router, deps: WebhookDeps): void {
  for (const { path, provider: name } of PATHS) {
    router.post(`/api/webhooks/whatsapp${path}`, async (ctx) => {
      const provider = deps.providers.find((one) => one.name === name);
      if (provider === undefined)
        throw new HttpRefusal('not_found', 'This provider is not available here.', { unread: true });
      await receive(ctx, deps, provider);
    });
  }
  router.get('/api/webhooks/whatsapp/cloud-api', (ctx) => {
    shakeHands(ctx, deps.metaVerifyToken);
  });
}

async function receive(ctx: Context, deps: WebhookDeps, provider: Provider): Promise<void> {
  if (!provider.mediaTypes.includes(mediaType(ctx))) {
    throw new HttpRefusal('unsupported', `Send ${provider.mediaTypes.join(' or ')}.`, { status: 415, unread: true });
  }
  const read = await readBody(ctx.req, provider.maxBodyBytes);
  if (!read.ok) throw refusalFor(read.failure, provider.maxBodyBytes);
  const request: WebhookRequest = {
    headers: ctx.req.headers,
    url: `${deps.publicUrl ?? ''}${ctx.originalUrl}`,
    body: read.body,
    nowMs: deps.clock.nowMs(),
  };
  try {
    await withDeadline(admit(deps, provider, request), DEADLINE_MS, 'The webhook');
  } catch (error) {
    const refusal = refusalOf(error, deps.log);
    if (refusal.code === 'unavailable') deps.gaps.refused();
    throw refusal;
  } finally {
    read.release();
  }
  ctx.status = 200;
  if (provider.name === 'twilio') {
    ctx.type = 'text/xml';
    ctx.body = '<Response/>';
  } else ctx.body = { received: true };
}

/** Resolves when the body is durable; rejects with the refusal to answer. */
async function admit(deps: WebhookDeps, provider: Provider, request: WebhookRequest): Promise<void> {
  const channel = provider.channelHint(request);
  const secret = await prove(deps, provider, { request, channel });
  showPairing(deps, provider, { request, auth: secret.fingerprint });
  const body = provider.bodyToKeep?.(request) ?? request.body;
  const common = { provider: provider.name, auth: secret.fingerprint, body, receivedAtMs: request.nowMs };
  const traced = { ...common, correlationId: correlationId() ?? '' };
  const broken = brokenBody(provider, request);
  if (broken === null) {
    await deps.gate.accept({ ...traced, channelHint: channel });
    return;
  }
  await deps.gate.keepBroken({ ...traced, channel, detail: broken });
  throw new InboxError('invalid_input', `The body is authentic but ${broken}; it was kept for inspection.`);
}

/** A code goes to the administrator who waits for it, and nowhere else: what is stored of the webhook is without it. */
function showPairing(
  { directory, pairings }: WebhookDeps,
  provider: Provider,
  { request, auth }: { readonly request: WebhookRequest; readonly auth: string },
): void {
  const pairing = provider.pairingOf?.(request) ?? null;
  const account = pairing === null ? null : directory.channel(provider.name, pairing.channel, auth);
  if (pairing === null || account === null) return;
  const shown: TenantPairing = { tenantId: account.tenantId, accountId: account.accountId, qr: pairing.qr };
  pairings.publish(PAIRING_CHANNEL, JSON.stringify(shown));
}

interface Claim {
  readonly request: WebhookRequest;
  readonly channel: string | null;
}

/**
 * The secret that proves the request. Before a proof counts as failed, the accounts are read once more: one may have
 * been added or changed on another node a moment ago. Throws `unauthenticated`, or `unavailable` where the right
 * secret may simply not be at hand.
 */
async function prove(deps: WebhookDeps, provider: Provider, claim: Claim): Promise<Secret> {
  const { directory, log } = deps;
  const known = tryCandidates(directory, provider, claim);
  if (known !== null) return known;
  const { generation } = directory;
  try {
    await withDeadline(directory.refresh(), REFRESH_DEADLINE_MS, 'Reading the accounts');
  } catch (error) {
    log.warn({ err: error, provider: provider.name }, 'A webhook was judged by the last known accounts.');
  }
  const proven = directory.generation === generation ? null : tryCandidates(directory, provider, claim);
  if (proven !== null) return proven;
  if (!directory.secretsFor(provider.name, claim.channel, claim.request.body.length).complete) {
    throw new InboxError('unavailable', 'The secret to check this with is not at hand.', {
      retryAfterMs: RETRY_AFTER_MS,
    });
  }
  throw new InboxError('unauthenticated', 'The signature is missing or wrong.');
}

function tryCandidates(directory: AccountDirectory, provider: Provider, { request, channel }: Claim): Secret | null {
  const { likely, others } = directory.secretsFor(provider.name, channel, request.body.length);
  return provider.verify(request, likely) ?? provider.verify(request, others);
}

const FORM = 'application/x-www-form-urlencoded';

/** Why an authentic body cannot be used at all; null where the worker will make something of it. */
function brokenBody(provider: Provider, { body, nowMs }: WebhookRequest): string | null {
  if (provider.mediaTypes.includes(FORM)) {
    // Forms are small and flat: reading one costs no more than looking at it.
    const parsed = provider.parse(body, nowMs);
    return parsed.ok ? null : parsed.broken;
  }
  const json = parseBoundedJson(body, MAX_BODY_DEPTH);
  if (!json.ok) return json.reason;
  const isObject = typeof json.value === 'object' && json.value !== null && !Array.isArray(json.value);
  return isObject ? null : 'not a JSON object';
}

/** Whatever keeps a webhook from being decided is answered 503: the provider then sends it again. */
function refusalOf(error: unknown, log: Logger): InboxError {
  if (error instanceof InboxError) return error;
  if (!(error instanceof IngestUnavailableError || error instanceof DeadlineError)) {
    log.error({ err: error }, 'A webhook failed in a way that is a defect.');
  }
  return new InboxError('unavailable', 'The webhook could not be stored. Send it again.', {
    retryAfterMs: RETRY_AFTER_MS,
  });
}

/** What Meta sends is digits; echoed as text that no browser will run. */
const CHALLENGE = /^[\w.-]{1,256}$/;

/** https://developers.facebook.com/docs/graph-api/webhooks/getting-started#verification-requests */
function shakeHands(ctx: Context, token: string | null): void {
  const query = new URLSearchParams(ctx.querystring);
  const right = sameSecret(query.get('hub.verify_token') ?? '', token ?? '') && query.get('hub.mode') === 'subscribe';
  if (!right) throw new InboxError('forbidden', 'The verify token is not the one configured here.');
  const challenge = query.get('hub.challenge') ?? '';
  const plain = CHALLENGE.test(challenge);
  ctx.type = 'text/plain; charset=utf-8';
  ctx.set('x-content-type-options', 'nosniff');
  ctx.status = plain ? 200 : 400;
  ctx.body = plain ? challenge : 'hub.challenge is not plain text.';
}
