/** The foundation of every process, for a command that needs a process's parts. */
import type { Foundation } from '../deps.ts';
import { keyRing } from '../platform/crypto.ts';
import { metrics } from '../platform/metrics.ts';
import type { CliContext } from './command.ts';

/** The foundation that a process of this installation would have, with the command's log. */
export function foundationOf({ config, log, clock }: CliContext): Foundation {
  return { config, log, clock, metrics, keys: keyRing(config.encryptionKeys) };
}
