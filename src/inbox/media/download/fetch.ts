/** Downloads one claimed attachment: asks the carrier, checks the bytes, stores them. */
import type { MediaAnswer, MediaFailure, MediaOutcome } from '../../../providers/media.ts';
import type { Database } from '../../../platform/postgres.ts';
import { isInsideUrl } from '../../../platform/public-address.ts';
import type { AccountBook, SendingAccount } from '../../messages/dispatch/accounts.ts';
import { spool, TooLargeError, type SpooledFile } from '../spool.ts';
import { storeFile, type FileStore, type StoredFile } from '../store-file.ts';
import { trueType } from '../file-type.ts';
import type { FetchAttempt } from './claim.ts';
import { maxBytesOf, OWN_FAILURES, tooLarge } from './policy.ts';
import { readWebhook } from './webhook-body.ts';

/** Opens a URL; see platform/download.ts. */
export type OpenUrl = (request: {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly json?: unknown;
  readonly trustedOrigins: readonly string[];
  readonly signal: AbortSignal;
}) => Promise<MediaAnswer>;

/** `deadlineMs` bounds everything a carrier does for one attempt. */
export interface FetchDeps {
  readonly db: Database;
  readonly accounts: AccountBook;
  readonly open: OpenUrl;
  readonly store: FileStore;
  readonly deadlineMs: number;
}

/** The stored file, or why there is none; `provider` is null if the account is gone. */
export type Fetched = { readonly provider: string | null } & (
  { readonly kind: 'stored'; readonly file: StoredFile } | { readonly kind: 'refused'; readonly failure: MediaFailure }
);

/** Rejects only for infrastructure errors of the database. */
export async function fetchAttachment(deps: FetchDeps, attempt: FetchAttempt): Promise<Fetched> {
  const account = await deps.accounts.find(attempt.tenantId, attempt.accountId);
  if (account === null || account.problem !== null) return refused(account, OWN_FAILURES.account);
  const outcome = await ask(deps, attempt, account);
  if (outcome.kind === 'refused') return refused(account, outcome.failure);
  const received = await receive(attempt, outcome);
  if ('failure' in received) return refused(account, received.failure);
  try {
    const mime = await trueType(attempt.mime, received.head);
    return {
      provider: account.provider.name,
      kind: 'stored',
      file: await storeFile(deps.store, attempt, received, mime),
    };
  } catch {
    return refused(account, OWN_FAILURES.storage);
  } finally {
    await received.close();
  }
}

function refused(account: SendingAccount | null, failure: MediaFailure): Fetched {
  return { provider: account?.provider.name ?? null, kind: 'refused', failure };
}

async function ask(deps: FetchDeps, attempt: FetchAttempt, account: SendingAccount): Promise<MediaOutcome> {
  const { provider, credentials } = account;
  if (provider.fetchMedia === undefined) return { kind: 'refused', failure: OWN_FAILURES.unsupported };
  const { providerMediaId, url, webhook } = attempt.source;
  const signal = AbortSignal.timeout(deps.deadlineMs);
  const base = new URL(credentials.baseUrl);
  const trustedOrigins = isInsideUrl(base) ? [base.origin] : [];
  try {
    return await provider.fetchMedia((request) => deps.open({ ...request, trustedOrigins, signal }), credentials, {
      providerMediaId,
      url,
      providerMessageId: attempt.providerMessageId,
      openWebhook: webhook === undefined ? null : () => readWebhook(deps.db, attempt.tenantId, webhook),
      attempt: attempt.attempt,
    });
  } catch {
    return { kind: 'refused', failure: OWN_FAILURES.broken };
  }
}

/** Writes the bytes to disk, measures them, and compares them with what webhook and carrier announced. */
async function receive(
  attempt: FetchAttempt,
  outcome: Extract<MediaOutcome, { kind: 'bytes' }>,
): Promise<SpooledFile | { readonly failure: MediaFailure }> {
  const maxBytes = maxBytesOf(attempt.kind);
  let file: SpooledFile;
  try {
    file = await spool(outcome.bytes, maxBytes);
  } catch (error) {
    return { failure: error instanceof TooLargeError ? tooLarge(maxBytes) : OWN_FAILURES.broken };
  }
  const failure = faultOf(file, [attempt.source.sha256, outcome.sha256]);
  if (failure === null) return file;
  await file.close();
  return { failure };
}

function faultOf(file: SpooledFile, promised: readonly (string | null)[]): MediaFailure | null {
  if (file.sizeBytes === 0) return OWN_FAILURES.empty;
  return promised.every((sha256) => sha256 === null || sha256 === file.sha256) ? null : OWN_FAILURES.checksum;
}
