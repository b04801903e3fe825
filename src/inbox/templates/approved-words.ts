/** The text of a template, if it can be sent now. */
import type { TemplateRef } from '../../contract/content.ts';
import { InboxError } from '../../contract/errors.ts';
import type { AccountId } from '../../contract/ids.ts';
import type { CommandContext } from '../command.ts';
import { filledText } from './filled-text.ts';
import { selectTemplateState } from './queries.ts';

/**
 * Its text with parameters filled in. Null for a template that is not known here, which the carrier decides on. Throws
 * unsupported for one that is known not to be approved.
 */
export async function approvedWords(
  { tx, caller }: CommandContext,
  accountId: AccountId,
  template: TemplateRef,
): Promise<string | null> {
  const known = await selectTemplateState(tx, { tenantId: caller.tenantId, accountId }, template);
  if (known === null) return null;
  const { status, title, reason, body } = known;
  if (status === 'approved' || status === 'unknown') return filledText(body, template);
  const why = reason === null ? '' : ` (${reason})`;
  throw new InboxError(
    'unsupported',
    `WhatsApp does not let "${title}" be sent: it is ${status}${why}. Choose another template.`,
    {
      status,
    },
  );
}
