/** `hunfly keys`: the keys that encrypt stored credentials. */
import { resealCredentials } from '../inbox/accounts/reseal.ts';
import { keyRing } from '../platform/crypto.ts';
import type { CliCommand } from './command.ts';

const REMEDY =
  'If you have the key they were encrypted with, add it to ENCRYPTION_KEY and run this again. ' +
  'If it is lost, give these numbers new credentials (hunfly account edit).';

const rotate: CliCommand = {
  path: 'keys rotate',
  usage: '',
  about: 'seals every stored credential with the first key of ENCRYPTION_KEY; exit 1 if some cannot be read',
  options: {},
  async run(_args, context) {
    const done = await resealCredentials(context.database(), keyRing(context.config.encryptionKeys));
    const { resealed, unreadable } = done;
    const words = `Sealed the credentials of ${String(resealed)} numbers anew.`;
    if (unreadable.length === 0) return { json: done, text: words };
    const left = `No key of ENCRYPTION_KEY opens those of: ${unreadable.join(', ')}.`;
    return { json: done, text: `${words}\n${left}\n${REMEDY}`, exitCode: 1 };
  },
};

/** This group's commands. */
export const keyCommands: readonly CliCommand[] = [rotate];
