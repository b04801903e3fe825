/**
 * CPU time of parsing and mapping a one-message body of the Cloud API, and of an image that Evolution sends inline:
 * `node loadtest/bench/parse.mjs`. One JSON line per body; medians over samples of many calls, in microseconds.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const SAMPLES = 200;
const RECEIVED_MS = 1_760_000_000_000;
const INLINE_BYTES = 4 * 1024 * 1024;

const PARTS = `
export { parseCloud } from './src/providers/cloud/parse.ts';
export { parseEvolution } from './src/providers/evolution/parse.ts';
export { buildBatch } from './src/inbox/ingest/batch.ts';
`;

/** @typedef {(body: Buffer, receivedAtMs: number) => { ok: boolean, events: unknown[] }} Parse */
/** @typedef {{ parseCloud: Parse, parseEvolution: Parse, buildBatch: (parts: unknown[], resolve: () => unknown, windowOf: () => number) => { document: unknown } }} Parts */

/** @returns {Promise<Parts>} */
async function loadParts() {
  const directory = await mkdtemp(join(tmpdir(), 'parse-'));
  try {
    const file = join(directory, 'parts.mjs');
    const stdin = { contents: PARTS, resolveDir: ROOT, loader: /** @type {const} */ ('ts') };
    const built = await build({
      stdin,
      bundle: true,
      platform: 'node',
      format: 'esm',
      packages: 'external',
      write: false,
    });
    await writeFile(file, built.outputFiles[0]?.contents ?? '');
    const parts = /** @type {unknown} */ (await import(pathToFileURL(file).href));
    return /** @type {Parts} */ (parts);
  } finally {
    await rm(directory, { recursive: true });
  }
}

function cloudBody() {
  const message = {
    from: '15550100101',
    id: 'wamid.bench',
    timestamp: '1760000000',
    type: 'text',
    text: { body: 'Is it still there?' },
  };
  const value = {
    messaging_product: 'whatsapp',
    metadata: { display_phone_number: '15550100000', phone_number_id: '100000000000001' },
    contacts: [{ profile: { name: 'Ada Example' }, wa_id: '15550100101' }],
    messages: [message],
  };
  const body = {
    object: 'whatsapp_business_account',
    entry: [{ id: '200000000000001', changes: [{ value, field: 'messages' }] }],
  };
  return Buffer.from(JSON.stringify(body));
}

function inlineBody() {
  const key = { remoteJid: '15550100101@s.whatsapp.net', fromMe: false, id: '3ABENCH' };
  const message = {
    imageMessage: { mimetype: 'image/jpeg', caption: 'look' },
    base64: Buffer.alloc(INLINE_BYTES, 7).toString('base64'),
  };
  const data = { key, pushName: 'Ada', message, messageType: 'imageMessage', messageTimestamp: 1_760_000_000 };
  return Buffer.from(
    JSON.stringify({ event: 'messages.upsert', instance: 'acme-support', data, sender: '15550100000@s.whatsapp.net' }),
  );
}

/**
 * Microseconds of CPU per call, the median of SAMPLES.
 * @param {() => unknown} run
 * @param {number} calls
 */
function measure(run, calls) {
  for (let warm = 0; warm < calls * 5; warm += 1) run();
  const samples = Array.from({ length: SAMPLES }, () => {
    const before = process.cpuUsage();
    for (let call = 0; call < calls; call += 1) run();
    const { user, system } = process.cpuUsage(before);
    return (user + system) / calls;
  });
  return samples.sort((a, b) => a - b)[SAMPLES / 2];
}

const { parseCloud, parseEvolution, buildBatch } = await loadParts();
const account = { tenantId: '00000000-0000-7000-8000-000000000001', accountId: '00000000-0000-7000-8000-000000000002' };

/**
 * @param {string} provider
 * @param {Parse} parse
 * @param {Buffer} body
 */
function applied(provider, parse, body) {
  const parsed = parse(body, RECEIVED_MS);
  if (!parsed.ok || parsed.events.length !== 1) throw new Error(`the body of ${provider} was not understood`);
  const head = { streamId: '0/1760000000000-0', provider, auth: 'global', correlationId: 'bench', offset: 0 };
  const part = { ...head, receivedAtMs: RECEIVED_MS, body, events: parsed.events };
  return buildBatch(
    [part],
    () => account,
    () => 86_400_000,
  );
}

const cases = [
  { name: 'cloud, one message', provider: 'cloud', parse: parseCloud, body: cloudBody(), calls: 500 },
  { name: 'evolution, 4 MB inline', provider: 'evolution', parse: parseEvolution, body: inlineBody(), calls: 1 },
];
for (const { name, provider, parse, body, calls } of cases) {
  const microseconds = measure(() => applied(provider, parse, body), calls);
  const { document } = applied(provider, parse, body);
  console.log(
    JSON.stringify({ name, bytes: body.length, documentBytes: JSON.stringify(document).length, microseconds }),
  );
}
