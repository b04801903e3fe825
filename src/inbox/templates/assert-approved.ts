/** Whether a template can be sent now. */
import { InboxError } from '../../contract/errors.ts';
import type { AccountId } from '../../contract/ids.ts';
import type { CommandContext } from '../command.ts';
import { selectTemplateState } from './queries.ts';

/** One that is not known here is left to the carrier. Throws unsupported for one that is known not to be approved. */
export async function assertTemplateApproved(
  { tx, caller }: CommandContext,
  accountId: AccountId,
  template: { readonly name: string; readonly language: string },
): Promise<void> {
  const known = await selectTemplateState(tx, { tenantId: caller.tenantId, accountId }, template);
  if (known === null || known.status === 'approved' || known.status === 'unknown') return;
  const { status, title, reason } = known;
  const why = reason === null ? '' : ` (${reason})`;
  throw new InboxError(
    'unsupported',
    `WhatsApp does not let "${title}" be sent: it is ${status}${why}. Choose another template.`,
    {
      status,
    },
  );
}
