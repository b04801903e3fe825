/**
 * The control of `--control sleep`, loaded before our inbound worker: it stands still for 2 ms whenever it parses a
 * webhook. If the bench did not show that, it would show nothing. At its end the worker's log says how often that was.
 *
 * Only what belongs to the language can be replaced here: packages are part of the built worker.
 */
const MS_PER_WEBHOOK = 2;
const WEBHOOK = '{"object":"whatsapp_business_account"';

const { parse } = JSON;
const never = new Int32Array(new SharedArrayBuffer(4));
let count = 0;

/** @type {typeof parse} */
function parseLate(text, reviver) {
  if (text.startsWith(WEBHOOK)) {
    count += 1;
    Atomics.wait(never, 0, 0, MS_PER_WEBHOOK);
  }
  return parse(text, reviver);
}
JSON.parse = parseLate;
process.once('exit', () => console.log(`control sleep: stood still for ${count} webhooks`));
