/** What every process has, for a command that works with the parts of one. */
import type { Foundation } from '../deps.ts';
import { keyRing } from '../platform/crypto.ts';
import { metrics } from '../platform/metrics.ts';
import type { CliContext } from './command.ts';

/** The foundation that a process of this installation would have; its log is the command's. */
export function foundationOf({ config, log, clock }: CliContext): Foundation {
  return { config, log, clock, metrics, keys: keyRing(config.encryptionKeys) };
}
