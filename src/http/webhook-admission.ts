/** From authentic bytes to durable ones: which secret proves a webhook, and where it is stored. */
import { InboxError } from '../contract/errors.ts';
import type { AccountDirectory } from '../inbox/accounts/directory.ts';
import { PAIRING_CHANNEL, type TenantPairing } from '../inbox/accounts/pairing.ts';
import { channelFor, type ChannelPublisher } from '../inbox/channels.ts';
import type { IngestGate } from '../inbox/ingest/accept.ts';
import { parseBoundedJson } from '../lib/bounded-json.ts';
import { withDeadline } from '../lib/deadline.ts';
import type { Logger } from '../platform/log.ts';
import { MAX_BODY_DEPTH, type Provider, type Secret, type WebhookRequest } from '../providers/provider.ts';

/** What checking and storing webhooks depends on. */
export interface AdmitDeps {
  readonly directory: AccountDirectory;
  readonly gate: IngestGate;
  /** Publishes pairing codes to the gateways. What cannot be sent is lost. */
  readonly pairings: ChannelPublisher;
  readonly log: Logger;
}

/** How long to wait for accounts that were added a moment ago, before a signature counts as wrong. */
const REFRESH_DEADLINE_MS = 700;
/** When a carrier should send a webhook again that could not be checked or stored. */
export const RETRY_AFTER_MS = 5000;

/** Resolves when the body is durable; rejects with the refusal to send. */
export async function admit(
  deps: AdmitDeps,
  provider: Provider,
  { request, correlationId }: { readonly request: WebhookRequest; readonly correlationId: string },
): Promise<void> {
  const channel = provider.channelHint(request);
  const { fingerprint: auth } = await prove(deps, provider, { request, channel, correlationId });
  showPairing(deps, provider, { request, auth });
  const body = provider.bodyToKeep?.(request) ?? request.body;
  const { nowMs: receivedAtMs } = request;
  const broken = brokenBody(provider, request);
  if (broken === null) {
    await deps.gate.accept({ provider: provider.name, auth, body, receivedAtMs, correlationId, channelHint: channel });
    return;
  }
  const { name } = provider;
  await deps.gate.keepBroken({ provider: name, auth, body, receivedAtMs, correlationId, channel, detail: broken });
  throw new InboxError('invalid_input', `The body is authentic but ${broken}; it was kept for inspection.`);
}

/** Sends a pairing code to the administrator who waits for it, and nowhere else: the webhook is stored without it. */
function showPairing(
  { directory, pairings }: AdmitDeps,
  provider: Provider,
  { request, auth }: { readonly request: WebhookRequest; readonly auth: string },
): void {
  const pairing = provider.pairingOf?.(request) ?? null;
  const account = pairing === null ? null : directory.resolve(provider.name, pairing.channel, auth);
  if (pairing === null || account === null) return;
  const shown: TenantPairing = { tenantId: account.tenantId, accountId: account.accountId, qr: pairing.qr };
  pairings.publish(channelFor(pairings, PAIRING_CHANNEL, shown.tenantId), JSON.stringify(shown));
}

interface Claim {
  readonly request: WebhookRequest;
  readonly channel: string | null;
  readonly correlationId: string;
}

/**
 * The secret that proves the request. Before a proof counts as failed, the accounts are read once more, because one may
 * have been added or changed on another node a moment ago. Throws `unauthenticated`, or `unavailable` if the right
 * secret may just not be loaded.
 */
async function prove(deps: AdmitDeps, provider: Provider, claim: Claim): Promise<Secret> {
  const { directory, log } = deps;
  const { correlationId } = claim;
  const known = tryCandidates(directory, provider, claim);
  if (known !== null) return known;
  const { generation } = directory;
  try {
    await withDeadline(directory.refresh(), REFRESH_DEADLINE_MS, 'Reading the accounts');
  } catch (error) {
    log.warn(
      { err: error, provider: provider.name, correlationId },
      'A webhook was judged by the last known accounts.',
    );
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

/** Why an authentic body cannot be used at all; null if the worker can use it. */
function brokenBody(provider: Provider, { body, nowMs }: WebhookRequest): string | null {
  if (provider.mediaTypes.includes(FORM)) {
    // Forms are small and flat: parsing one is as cheap as checking it.
    const parsed = provider.parse(body, nowMs);
    return parsed.ok ? null : parsed.broken;
  }
  const json = parseBoundedJson(body, MAX_BODY_DEPTH);
  if (!json.ok) return json.reason;
  const isObject = typeof json.value === 'object' && json.value !== null && !Array.isArray(json.value);
  return isObject ? null : 'not a JSON object';
}
