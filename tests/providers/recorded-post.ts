/** An HttpPost that keeps what was asked for and answers what the test wants. */
import type { HttpPost, HttpResult } from '../../src/providers/sending.ts';

/** The requests so far, and the post to hand to a provider. */
export interface RecordedPost {
  readonly requests: Parameters<HttpPost>[0][];
  readonly post: HttpPost;
}

/** Always answers `result`. */
export function recordedPost(result: HttpResult): RecordedPost {
  const requests: RecordedPost['requests'] = [];
  const post: HttpPost = async (request) => {
    requests.push(request);
    return result;
  };
  return { requests, post };
}

/** An answer with a JSON body. */
export function answered(status: number, body: unknown, headers: Record<string, string> = {}): HttpResult {
  return { ok: true, status, headers, body };
}

/** The body that was to be streamed, as text; fails unless it has exactly the promised length. */
export async function streamedText(request: Parameters<HttpPost>[0] | undefined): Promise<string> {
  const streamed = request?.streamed;
  if (streamed === undefined) throw new Error('the request has no streamed body');
  const bytes = Buffer.concat((await streamed.open().toArray()) as Buffer[]);
  if (bytes.length !== streamed.sizeBytes) throw new Error('the body has another length than promised');
  return bytes.toString('utf8');
}
