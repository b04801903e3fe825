/** Attachments in an S3-compatible bucket, addressed by path: `endpoint/bucket/key`. */
import { PassThrough, type Readable } from 'node:stream';
import { AwsV4Signer } from 'aws4fetch';
import { Agent, request, type Dispatcher } from 'undici';
import { checkedKey, mayFailUnread, type BlobStore } from './blobs.ts';

/** Where the bucket is and as whom to use it. `secretAccessKey` is never logged. */
export interface S3Options {
  readonly endpoint: string;
  readonly region: string;
  readonly bucket: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** No byte for this long, in ms, ends an exchange. */
const SILENCE_MS = 30_000;

interface Call {
  readonly method: 'HEAD' | 'GET' | 'PUT' | 'DELETE';
  readonly key: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Readable;
}

type Answer = Dispatcher.ResponseData;

/**
 * Objects of a bucket that exists. Requests carry AWS signature 4 with an unsigned payload, so that a body is streamed:
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
 */
export function createS3Blobs(options: S3Options): BlobStore {
  const dispatcher = new Agent({ headersTimeout: SILENCE_MS, bodyTimeout: SILENCE_MS, connections: 32 });
  const call = (one: Call): Promise<Answer> => send(dispatcher, options, one);
  return {
    size: async (key) => {
      const answer = await call({ method: 'HEAD', key });
      await answer.body.dump();
      if (answer.statusCode === 404) return null;
      expectSuccess('HEAD', answer);
      return Number(answer.headers['content-length']);
    },
    read: (key, range) => {
      const headers = range === undefined ? {} : { range: `bytes=${String(range.start)}-${String(range.end)}` };
      return lateStream(() => call({ method: 'GET', key, headers }));
    },
    write: async (key, source, sizeBytes) => {
      mayFailUnread(source);
      // If the body does not match the announced length the request fails, so the object is stored whole or not at
      // all.
      const headers = { 'content-length': String(sizeBytes), 'content-type': 'application/octet-stream' };
      const answer = await call({ method: 'PUT', key, headers, body: source });
      await answer.body.dump();
      expectSuccess('PUT', answer);
    },
    remove: async (key) => {
      const answer = await call({ method: 'DELETE', key });
      await answer.body.dump();
      if (answer.statusCode !== 404) expectSuccess('DELETE', answer);
    },
    // A bucket shows only complete objects, so there is nothing to clean up.
    removeHalfWritten: () => Promise.resolve(0),
  };
}

async function send(dispatcher: Agent, options: S3Options, { method, key, headers = {}, body }: Call): Promise<Answer> {
  const { endpoint, bucket, ...credentials } = options;
  const url = `${endpoint.replace(/\/+$/, '')}/${bucket}/${checkedKey(key)}`;
  const unsigned = { 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' };
  const signer = new AwsV4Signer({ ...credentials, url, method, headers: unsigned, service: 's3' });
  const signed = Object.fromEntries((await signer.sign()).headers);
  return await request(url, { dispatcher, method, headers: { ...signed, ...headers }, body: body ?? null });
}

/** Returns a stream before the response has arrived; every failure becomes an error of the stream. */
function lateStream(ask: () => Promise<Answer>): Readable {
  const out = new PassThrough();
  const start = async (): Promise<void> => {
    const answer = await ask();
    if (answer.statusCode !== 200 && answer.statusCode !== 206) {
      await answer.body.dump();
      expectSuccess('GET', answer);
    }
    if (out.destroyed) answer.body.destroy();
    out.once('close', () => answer.body.destroy());
    answer.body.once('error', (error: Error) => out.destroy(error)).pipe(out);
  };
  start().catch((error: unknown) => out.destroy(error instanceof Error ? error : new Error(String(error))));
  return out;
}

function expectSuccess(method: string, { statusCode }: Answer): void {
  if (statusCode < 200 || statusCode >= 300) throw new Error(`S3 answered ${String(statusCode)} to ${method}.`);
}
