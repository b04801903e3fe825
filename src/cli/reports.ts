/** `hunfly report`: rebuilds the figures of reports. */
import { rebuild } from '../inbox/reports/rebuild.ts';
import type { CliCommand } from './command.ts';
import { tenantOf } from './tenants.ts';

const reportRebuild: CliCommand = {
  path: 'report rebuild',
  usage: '--tenant S',
  example: '--tenant acme',
  about: 'makes the figures of reports anew from messages and audit log; they are the same, harmless to repeat',
  options: { tenant: { type: 'string' } },
  async run(args, context) {
    const { id: tenantId, slug } = await tenantOf(args, context);
    const seq = await rebuild(context.database(), tenantId);
    return { json: { tenantId, seq }, text: `The reports of ${slug} were made anew, up to event ${String(seq)}.` };
  },
};

/** This group's commands. */
export const reportCommands: readonly CliCommand[] = [reportRebuild];
