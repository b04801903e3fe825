/** Logging in and staying logged in: the REST calls that the socket cannot make, and the saved session. */
import type { ErrorBody } from '../../../src/contract/errors.ts';
import type { PasswordChange, Session } from '../../../src/contract/rest.ts';
import { serverNow } from '../clock.ts';
import type { SavedSession } from '../state/store.ts';

const KEY = 'hunfly.session';
const TIMEOUT_MS = 10_000;

/** A REST call that was refused or failed; `code` is `offline` when there was no answer at all. */
export class RestError extends Error {
  readonly code: string;
  readonly retryAfterMs: number | null;
  constructor(code: string, message: string, retryAfterMs: number | null = null) {
    super(message);
    this.name = 'RestError';
    this.code = code;
    this.retryAfterMs = retryAfterMs;
  }
}

function retryAfter(details: unknown): number | null {
  if (typeof details !== 'object' || details === null || !('retryAfterMs' in details)) return null;
  return typeof details.retryAfterMs === 'number' ? details.retryAfterMs : null;
}

async function post<T>(path: string, body: unknown, token: string | null): Promise<T> {
  const headers: Record<string, string> = { 'content-type': 'application/json' };
  if (token !== null) headers['authorization'] = `Bearer ${token}`;
  const request = { method: 'POST', headers, body: JSON.stringify(body), signal: AbortSignal.timeout(TIMEOUT_MS) };
  const response = await fetch(path, request).catch(() => null);
  if (response === null)
    throw new RestError('offline', 'The server cannot be reached. Check your connection and try again.');
  const answer = (await response.json().catch(() => ({}))) as T & { error?: ErrorBody };
  if (response.ok) return answer;
  const code = answer.error?.code ?? 'internal';
  throw new RestError(code, answer.error?.message ?? 'The server could not answer.', retryAfter(answer.error?.details));
}

/** POST /api/auth/login. Throws RestError. */
export function login(email: string, password: string): Promise<Session> {
  return post('/api/auth/login', { email, password }, null);
}

/** POST /api/auth/renew: a fresh token for one that is still valid. Throws RestError. */
export function renewSession(token: string): Promise<Session> {
  return post('/api/auth/renew', {}, token);
}

/** POST /api/auth/password: this session continues with the token in the answer. Throws RestError. */
export function changePassword(token: string, change: PasswordChange): Promise<Session> {
  return post('/api/auth/password', change, token);
}

/** The session of this browser, or null when there is none or it has expired. */
export function loadSession(nowMs: number): SavedSession | null {
  try {
    const saved = JSON.parse(localStorage.getItem(KEY) ?? 'null') as SavedSession | null;
    return saved !== null && Date.parse(saved.expiresAt) > nowMs ? saved : null;
  } catch {
    return null;
  }
}

/** Calls `onKept` with the session that another window of this browser saves; null: it has logged out. */
export function followSession(onKept: (session: SavedSession | null) => void): void {
  addEventListener('storage', ({ key }) => {
    if (key === KEY) onKept(loadSession(serverNow()));
  });
}

/** Keeps the session in this browser. */
export function saveSession(session: SavedSession): void {
  localStorage.setItem(KEY, JSON.stringify(session));
}

/** Removes this session from this browser, unless another one has been saved since. */
export function forgetSession(session: SavedSession | null): void {
  const kept = loadSession(serverNow());
  if (kept === null || kept.token === session?.token) localStorage.removeItem(KEY);
}
