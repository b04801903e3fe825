/** How an Evolution server finds the instance that a call names, and how it words errors. */
import type { Loose } from '../../lib/loose.ts';
import { only, type ApiRequest, type Understood } from './api.ts';
import type { SimulatedAccount } from './options.ts';
import type { World } from './world.ts';

/** Evolution's error body. */
export function evolutionError(status: number, error: string, message: unknown): Loose {
  return { status, error, response: { message } };
}

/**
 * Finds the handler by method and action, and calls it with the account of the instance. Like the real server, it looks
 * up the instance before it checks the key. Null when there is no handler.
 */
export function atInstance<Handler>(
  { method, path, headers }: ApiRequest,
  world: World,
  handlers: ReadonlyMap<string, Handler>,
  handle: (handler: Handler, account: SimulatedAccount) => Understood,
): Understood | null {
  const [, action = '', instance = ''] = /^\/([a-z]+\/[A-Za-z0-9]+)\/([^/]+)$/.exec(path) ?? [];
  const handler = handlers.get(`${method} ${action}`);
  if (handler === undefined) return null;
  const name = decodeURIComponent(instance);
  const account = world.account(name);
  if (account?.provider !== 'evolution') {
    return only(null, 404, evolutionError(404, 'Not Found', [`The "${name}" instance does not exist`]));
  }
  if (headers['apikey'] !== account.accessToken) {
    return only(account, 401, evolutionError(401, 'Unauthorized', 'Unauthorized'));
  }
  return handle(handler, account);
}
