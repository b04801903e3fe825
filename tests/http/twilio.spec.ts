/** Twilio's door: forms signed over the public URL, hostile ones among them, through the real endpoint. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TenantId } from '../../src/contract/ids.ts';
import { uuid7 } from '../../src/lib/uuid7.ts';
import { parseTwilio } from '../../src/providers/twilio/parse.ts';
import { twilioSignature } from '../providers/form.ts';
import {
  ask,
  count,
  errorOf,
  newAccount,
  newTenant,
  startGateway,
  streamEntries,
  type Answer,
  type Gateway,
} from './support.ts';

const PUBLIC_URL = 'https://inbox.example.test';
const PATH = '/api/webhooks/whatsapp/twilio';
const TOKEN = 'test_auth_token_0123456789abcdef';
const OTHER_TOKEN = 'test_auth_token_of_tenant_b_abcdef';
const FORM = 'application/x-www-form-urlencoded';
const FIXTURES = new URL('../providers/bad/fixtures/', import.meta.url);
const SID = 'AC00000000000000000000000000000001';

let gateway: Gateway;

beforeAll(async () => {
  gateway = await startGateway({ deps: { publicUrl: PUBLIC_URL } });
  const [a, b] = [await newTenant(gateway.db, 'tenant-a'), await newTenant(gateway.db, 'tenant-b')];
  const account = async (tenantId: TenantId, externalId: string, secret: string): Promise<unknown> =>
    newAccount(gateway.db, { tenantId, provider: 'twilio', externalId, secret, accountSid: SID });
  await account(a, 'whatsapp:+15550100000', TOKEN);
  await account(b, 'whatsapp:+15550100050', OTHER_TOKEN);
});
afterAll(() => gateway.close());

const bodyOf = (name: string): Buffer => readFileSync(new URL(name, FIXTURES));

/** Signed as Twilio would, unless a signature is given; null sends none. */
async function post(
  body: Buffer,
  { query = '', type = FORM, signature }: { query?: string; type?: string; signature?: string | null } = {},
): Promise<Answer> {
  const proof = signature === undefined ? twilioSignature(`${PUBLIC_URL}${PATH}${query}`, body, TOKEN) : signature;
  const headers = { 'content-type': type, ...(proof === null ? {} : { 'x-twilio-signature': proof }) };
  return ask(gateway, { method: 'POST', path: PATH + query, headers, body });
}

/** What was kept of the webhooks that came during `run`: stream entries and dead letters. */
async function kept(
  run: () => Promise<Answer>,
): Promise<{ answer: Answer; bodies: Buffer[]; auth: string; letters: number }> {
  const before = await streamEntries(gateway);
  const letters = await count(gateway.db, 'dead_letters');
  const answer = await run();
  const entries = (await streamEntries(gateway)).slice(before.length);
  const bodies = entries.flatMap(({ body }) => (body === null ? [] : [body]));
  return { answer, bodies, auth: entries[0]?.auth ?? '', letters: (await count(gateway.db, 'dead_letters')) - letters };
}

const MESSAGE = bodyOf('31_twilio_signature_for_http_url.form');

describe('an authentic webhook', () => {
  it('is kept byte for byte and answered with an empty TwiML document, so that nothing is sent to the customer', async () => {
    const { answer, bodies } = await kept(() => post(MESSAGE));
    expect(answer).toMatchObject({ status: 200, text: '<Response/>' });
    expect(answer.headers['content-type']).toContain('text/xml');
    expect(bodies).toEqual([MESSAGE]);
  });

  it('of a status keeps our own id from its signed address', async () => {
    const ref = uuid7();
    const ends = 'From=whatsapp%3A%2B15550100000&To=whatsapp%3A%2B15550100101';
    const body = Buffer.from(`MessageSid=SM1&MessageStatus=delivered&AccountSid=${SID}&${ends}`);
    const { answer, bodies } = await kept(() => post(body, { query: `?ref=${ref}` }));
    expect(answer.status).toBe(200);
    expect(parseTwilio(bodies[0] ?? Buffer.alloc(0))).toMatchObject({
      events: [{ kind: 'status', status: 'delivered', clientRef: ref }],
    });
    const signature = twilioSignature(`${PUBLIC_URL}${PATH}?ref=${ref}`, body, TOKEN);
    expect((await post(body, { query: `?ref=${uuid7()}`, signature })).status).toBe(401);
  });

  it('signed by an older rule, with the standard port, is accepted as well', async () => {
    const signature = twilioSignature(`${PUBLIC_URL}:443${PATH}`, MESSAGE, TOKEN);
    expect((await post(MESSAGE, { signature })).status).toBe(200);
  });
});

describe('a hostile webhook gets the answer that fits it', () => {
  const AAAA = 'AAAAAAAAAAAAAAAAAAAAAAAAAAA=';
  const signedFor = (url: string, body = MESSAGE): string => twilioSignature(url, body, TOKEN);

  it.each<[string, string, { signature?: string | null; query?: string; type?: string }]>([
    [
      '31 signed for http',
      '31_twilio_signature_for_http_url.form',
      { signature: signedFor(`http://inbox.example.test${PATH}`) },
    ],
    [
      '31 signed for the address behind the proxy',
      '31_twilio_signature_for_http_url.form',
      { signature: signedFor(`http://internal:3000${PATH}`) },
    ],
    ['32 without a signature', '32_twilio_missing_signature.form', { signature: null }],
    ['33 with an added parameter', '33_twilio_added_parameter.form', { signature: signedFor(PUBLIC_URL + PATH) }],
    ['35 with broken escapes', '35_twilio_bad_percent_encoding.form', { signature: AAAA }],
    ['38 with 5,000 parameters', '38_twilio_5000_parameters.form', {}],
    [
      '39 whose body is not the signed one',
      '39_twilio_json_wrong_body_sha.json.txt',
      {
        type: 'application/json',
        query: `?bodySHA256=${'0'.repeat(64)}`,
        signature: signedFor(`${PUBLIC_URL}${PATH}?bodySHA256=${'0'.repeat(64)}`, Buffer.alloc(0)),
      },
    ],
  ])('%s: 401, nothing kept', async (_name, file, options) => {
    const { answer, bodies, letters } = await kept(() => post(bodyOf(file), options));
    expect(answer.status).toBe(401);
    expect(errorOf(answer).code).toBe('unauthenticated');
    expect(bodies.length + letters).toBe(0);
  });

  it.each(['34_twilio_bracket_parameters.form', '40_twilio_nul_in_body.form'])('%s: taken as it is', async (file) => {
    const { answer, bodies } = await kept(() => post(bodyOf(file)));
    expect(answer.status).toBe(200);
    expect(parseTwilio(bodies[0] ?? Buffer.alloc(0))).toMatchObject({ events: [{ kind: 'message' }] });
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it('36: another account’s message is acknowledged and belongs to nobody', async () => {
    const { answer, auth } = await kept(() => post(bodyOf('36_twilio_other_account_sid.form')));
    expect(answer.status).toBe(200);
    const whose = (sid: string): unknown => gateway.directory.resolve('twilio', 'whatsapp:+15550100000', auth, sid);
    expect(whose('ACeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee')).toBeNull();
    expect(whose(SID)).not.toBeNull();
  });

  it('37: a message to another tenant’s number is acknowledged and does not reach that tenant', async () => {
    const { answer, auth } = await kept(() => post(bodyOf('37_twilio_to_number_of_other_tenant.form')));
    expect(answer.status).toBe(200);
    expect(gateway.directory.resolve('twilio', 'whatsapp:+15550100050', auth, SID)).toBeNull();
  });

  it('other media types are refused unread, and bodies over 3 MB as well', async () => {
    expect((await post(MESSAGE, { type: 'multipart/form-data' })).status).toBe(415);
    const bodyOfBytes = (bytes: number): Buffer => Buffer.from('Body='.padEnd(bytes, 'a'));
    expect((await post(bodyOfBytes(3 * 1024 * 1024))).status).toBe(200);
    expect((await post(bodyOfBytes(3 * 1024 * 1024 + 1))).status).toBe(413);
  });
});
