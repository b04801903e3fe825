/** A registry that really calls carriers, at the address that an account names. */
import type { CapabilityMap } from '../../src/inbox/accounts/accounts.ts';
import { openCredential } from '../../src/inbox/accounts/credentials.ts';
import type { HintPublisher } from '../../src/inbox/hints.ts';
import { AccountBook } from '../../src/inbox/messages/dispatch/accounts.ts';
import { createRegistry, type Registry } from '../../src/inbox/registry.ts';
import { createInitialPasswords } from '../../src/inbox/team/initial-password.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { encryptionKey, type EncryptionKey } from '../../src/platform/crypto.ts';
import { makeHttpClient } from '../../src/platform/http-client.ts';
import type { Database } from '../../src/platform/postgres.ts';
import { providerNamed, providers } from '../../src/providers/index.ts';

/** Signs sessions and derives initial passwords. */
export const TEST_SECRET = 'a-secret-for-tests-that-is-long-enough-0123456789';

const ALL: CapabilityMap = Object.fromEntries(providers.map((one) => [one.name, one.capabilities]));
const KEY = encryptionKey(Buffer.alloc(32, 7));
const NOWHERE = { baseUrl: null, token: null };

export function testRegistry(
  db: Database,
  over: { readonly capabilities?: CapabilityMap; readonly key?: EncryptionKey; readonly hints?: HintPublisher } = {},
): Registry {
  const { capabilities = ALL, key = KEY, hints = { publish: () => undefined } } = over;
  const accounts = new AccountBook({
    ...{ db, clock: systemClock, providerNamed },
    openToken: (stored, accountId) => openCredential(stored, [key], accountId, 'token'),
    defaults: { cloud: NOWHERE, evolution: NOWHERE, twilio: NOWHERE },
  });
  const http = makeHttpClient({ deadlineMs: 5000 });
  const initialPasswords = createInitialPasswords(TEST_SECRET);
  return createRegistry({ capabilities, key, db, hints, http, accounts, initialPasswords, clock: systemClock });
}
