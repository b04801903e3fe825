/**
 * Codes that link a phone to an instance. Whoever has one can take over the number. They are shown only to those who
 * asked or are waiting for one, and are removed from every webhook before it is stored.
 */
import type { PairingCode } from '../../contract/accounts.ts';
import { parseBoundedJson } from '../../lib/bounded-json.ts';
import { asName, asObject, orEmpty, type Loose } from '../../lib/loose.ts';
import { MAX_BODY_DEPTH, type Provider, type WebhookRequest } from '../provider.ts';
import { instanceCall, read } from './asking.ts';
import { isPairing } from './parse.ts';

/** The server makes a new code every 20 to 60 s and does not say when. */
const CODE_MS = 45_000;
const MAX_IMAGE = 262_144;

/** `GET /instance/connect/{instance}`. Never throws. */
export const pairEvolution: NonNullable<Provider['pair']> = async ({ get }, credentials, nowMs) => {
  const found = read(await get(instanceCall(credentials, 'instance/connect')));
  if (found.kind !== 'read') return found;
  const { answer } = found;
  const qr = codeOf(asObject(answer['qrcode']) ?? answer, nowMs);
  if (qr !== null) return { kind: 'code', qr };
  if (orEmpty(answer['instance'])['state'] === 'open') return { kind: 'connected' };
  const title = 'The server gave no code. Wait a minute, or restart the instance there.';
  return { kind: 'refused', title, stops: false };
};

function codeOf(part: Loose, nowMs: number): PairingCode | null {
  const base64 = asName(part['base64'], MAX_IMAGE);
  const code = asName(part['code'], 4096);
  const pairingCode = asName(part['pairingCode'], 64);
  if (base64 === null && code === null && pairingCode === null) return null;
  const image = base64?.startsWith('data:image/') === true ? base64 : null;
  return { base64: image, code, pairingCode, expiresAt: new Date(nowMs + CODE_MS).toISOString() };
}

/** The code in a `qrcode.updated`; null for every other webhook. */
export const pairingOfEvolution: NonNullable<Provider['pairingOf']> = ({ body, nowMs }) => {
  const root = pairingEvent(body);
  const channel = asName(root?.['instance'], 128);
  if (root === null || channel === null) return null;
  const data = orEmpty(root['data']);
  return { channel, qr: codeOf(asObject(data['qrcode']) ?? data, nowMs) };
};

function pairingEvent(body: Buffer): Loose | null {
  if (!mentionsCode(body)) return null;
  const json = parseBoundedJson(body, MAX_BODY_DEPTH);
  const root = json.ok ? asObject(json.value) : null;
  return root !== null && isPairing(root) ? root : null;
}

/** A cheap search: a body without this word is not parsed at all. */
function mentionsCode(body: Buffer): boolean {
  return body.includes('qrcode') || body.includes('QRCODE');
}

/** The body without its code. Of a body that names the event but cannot be parsed, nothing is kept. */
export const bodyToKeepEvolution = ({ body }: WebhookRequest): Buffer => {
  if (!mentionsCode(body)) return body;
  const root = pairingEvent(body);
  if (root !== null) return Buffer.from(JSON.stringify(withoutCode(root)));
  const names = /"event"\s*:\s*"qrcode[._-]updated"/i.test(body.toString('latin1'));
  return names ? Buffer.from('{"event":"qrcode.updated","removed":"could not be read"}') : body;
};

const KEPT = ['event', 'instance', 'destination', 'date_time', 'sender', 'server_url'] as const;

/** Keeps what the parser reads, and whether there was a code. The server's API key is left out as well. */
function withoutCode(root: Loose): Loose {
  const data = orEmpty(root['data']);
  const hasCode = asObject(data['qrcode']) !== null || codeOf(data, 0) !== null;
  const end = { message: data['message'], statusCode: data['statusCode'] };
  const kept = Object.fromEntries(KEPT.map((name) => [name, root[name]]));
  return { ...kept, data: hasCode ? { qrcode: { instance: root['instance'] } } : end };
}
