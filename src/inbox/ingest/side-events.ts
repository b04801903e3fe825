/**
 * Applies what webhooks say besides conversations: who is typing, what happened to numbers, what errors mean for them.
 */
import type { AccountId } from '../../contract/ids.ts';
import type { Clock } from '../../lib/clock.ts';
import type { InboundEvent } from '../../providers/inbound.ts';
import { publishHints } from '../hints.ts';
import type { LoggedEvent } from '../event-log.ts';
import type { Pace } from '../messages/dispatch/pace.ts';
import { DEFAULT_REST_MS } from '../messages/dispatch/policy.ts';
import { AccountNews, type AccountNewsDeps } from './account-news.ts';
import { closeSaidWindows, tellFailing, type Failed } from './failed-statuses.ts';
import { applyIsolated } from './isolate.ts';
import type { AccountRef, Part } from './part.ts';
import { announceTyping, type Typing } from './typing.ts';
import type { SideEvents } from './worker.ts';

interface SideDeps extends AccountNewsDeps {
  readonly clock: Clock;
  readonly pace: Pick<Pace, 'rest' | 'slowDown'>;
}

/** Safe to repeat; rejects for infrastructure errors only. */
export function createSideEvents(deps: SideDeps): SideEvents {
  const news = new AccountNews(deps);
  return async (said) => {
    await news.take(said);
    const failed: Failed[] = [];
    // Only the last typing event of each chat in the batch: earlier ones are outdated.
    const typing = new Map<string, Typing>();
    for (const { part, event } of said) {
      const account = ownerOf(deps, part, event);
      if (account === null) continue;
      failed.push(...failedOf(account, part, event));
      if (event.kind !== 'presence') continue;
      const { accountId } = account;
      typing.set(`${accountId} ${event.chat.addresses[0]?.value ?? ''}`, { ...account, event });
    }
    await applyFailed(deps, failed);
    await announceTyping(deps, [...typing.values()]);
  };
}

function ownerOf({ resolve }: SideDeps, part: Part, event: InboundEvent): AccountRef | null {
  if (event.kind !== 'presence' && event.kind !== 'status' && event.kind !== 'error') return null;
  return event.channel === null ? null : resolve(part.provider, event.channel, part.auth, event.account);
}

function failedOf({ tenantId, accountId }: AccountRef, part: Part, event: InboundEvent): Failed[] {
  const owned = { tenantId, accountId, atMs: event.atMs ?? part.receivedAtMs };
  if (event.kind === 'error') return [{ ...owned, error: event.error, providerMessageId: null, clientRef: null }];
  if (event.kind !== 'status' || event.error === null) return [];
  const { error, providerMessageId, clientRef } = event;
  return [{ ...owned, error, providerMessageId, clientRef }];
}

async function applyFailed(deps: SideDeps, failed: readonly Failed[]): Promise<void> {
  if (failed.length === 0) return;
  const { db, log, hints } = deps;
  const applied = async (action: string, apply: (some: readonly Failed[]) => Promise<LoggedEvent[]>): Promise<void> => {
    const those = failed.filter(({ error }) => error.action === action);
    await applyIsolated(log, those, async (some) => {
      publishHints(hints, await apply(some));
    });
  };
  await applied('window', (some) => closeSaidWindows(db, some));
  await applied('pause', (some) => tellFailing(db, some));
  await applied('account', (some) => tellFailing(db, some));
  keepPace(deps, failed);
  report(deps, failed);
}

/** The same effect on pace as an answer with that code, as long as the error is recent. */
function keepPace({ clock, pace }: SideDeps, failed: readonly Failed[]): void {
  const slow = new Set<AccountId>();
  const rests = new Map<AccountId, number>();
  for (const { accountId, error, atMs } of failed) {
    const restMs = atMs + DEFAULT_REST_MS - clock.nowMs();
    if (restMs <= 0) continue;
    if (error.action === 'slow') slow.add(accountId);
    if (error.action === 'pause') rests.set(accountId, Math.max(restMs, rests.get(accountId) ?? 0));
  }
  for (const accountId of slow) pace.slowDown(accountId);
  for (const [accountId, restMs] of rests) pace.rest(accountId, restMs);
}

/** One line for the operator per number and code: errors of the number itself, and those that need a person to act. */
function report({ log }: SideDeps, failed: readonly Failed[]): void {
  const lines = new Map<string, Failed>();
  for (const one of failed) {
    const { accountId, error, providerMessageId } = one;
    if (providerMessageId === null || error.action === 'account' || error.action === 'pause')
      lines.set(`${accountId} ${error.code}`, one);
  }
  for (const { accountId, error } of lines.values()) {
    const { code, action, operator: advice } = error;
    const level = action === 'account' || action === 'pause' ? 'error' : 'warn';
    log[level]({ accountId, code, action, advice }, 'A carrier reports a problem of a number.');
  }
}
