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
