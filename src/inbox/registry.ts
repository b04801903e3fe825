/** Every command and its handler, as a literal list that the compiler keeps complete. */
import type { CommandName } from '../contract/commands.ts';
import { listDetails } from './accounts/list-accounts.ts';
import {
  changeAccount,
  createAccount,
  disableAccount,
  enableAccount,
  type ManageDeps,
} from './accounts/manage-accounts.ts';
import { pairCommand, type PairDeps } from './accounts/pair-account.ts';
import { testCommand, type TestCommandDeps } from './accounts/test-account.ts';
import type { AnyCommand } from './command.ts';
import { eraseContact } from './erasing/erase-contact.ts';
import { findErased } from './erasing/find-erased.ts';
import { exportContact } from './exporting/export-contact.ts';
import { mergeContact } from './merging/merge-contact.ts';
import { retryMedia } from './messages/retry-media.ts';
import { unmergeContact } from './merging/unmerge-contact.ts';
import { listMessages } from './messages/list-messages.ts';
import { retryMessage } from './messages/retry-message.ts';
import { sendMessage } from './messages/send-message.ts';
import { addNote } from './notes/add-note.ts';
import { readReport } from './reports/read-report.ts';
import { listSavedReplies } from './saved-replies/list-saved-replies.ts';
import { createSavedReply, removeSavedReply, updateSavedReply } from './saved-replies/manage-saved-replies.ts';
import { listMemberDetails } from './team/list-details.ts';
import {
  addMemberCommand,
  removeMemberCommand,
  resetPasswordCommand,
  setMemberRole,
  type MemberDeps,
} from './team/manage-members.ts';
import { setPresence } from './team/set-presence.ts';
import { listTemplates } from './templates/list-templates.ts';
import { syncCommand } from './templates/sync-templates.ts';
import { assignThread } from './threads/assign-thread.ts';
import { findTexts } from './threads/find-texts.ts';
import { getThread } from './threads/get-thread.ts';
import { listThreads } from './threads/list-threads.ts';
import { markUnread } from './threads/mark-unread.ts';
import { readThread } from './threads/read-thread.ts';
import { searchThread } from './threads/search-thread.ts';
import { setThreadStatus } from './threads/set-thread-status.ts';
import { setThreadTags } from './threads/set-thread-tags.ts';
import { snapshotInbox } from './threads/snapshot.ts';
import { setTyping } from './threads/typing.ts';
import { closeThread, openThread } from './threads/view-thread.ts';

/** Commands of the inbox. `session:renew` is answered by the connection. */
export type InboxCommandName = Exclude<CommandName, 'session:renew'>;

/** Handler by name. A command of the contract without a handler does not compile. */
export type Registry = { readonly [N in InboxCommandName]: AnyCommand<N> };

/** `capabilities`: what each built-in carrier can do. `db` is connected as the owner. */
export type RegistryDeps = ManageDeps & TestCommandDeps & PairDeps & MemberDeps;

/** Every command, with its dependencies. */
export function createRegistry(deps: RegistryDeps): Registry {
  const { capabilities } = deps;
  return {
    'inbox:snapshot': snapshotInbox(capabilities),
    'thread:list': listThreads,
    'thread:get': getThread,
    'thread:find-erased': findErased,
    'thread:messages': listMessages,
    'thread:search': searchThread,
    'thread:find-texts': findTexts,
    'thread:open': openThread,
    'thread:close': closeThread,
    'thread:read': readThread,
    'thread:mark-unread': markUnread,
    'thread:assign': assignThread,
    'thread:set-status': setThreadStatus,
    'thread:set-tags': setThreadTags,
    'message:send': sendMessage(capabilities),
    'media:retry': retryMedia,
    'message:retry': retryMessage(capabilities),
    'note:add': addNote,
    'contact:merge': mergeContact,
    'contact:unmerge': unmergeContact,
    'contact:export': exportContact,
    'contact:erase': eraseContact,
    'typing:set': setTyping,
    'presence:set': setPresence,
    'account:list': listDetails(capabilities),
    'account:create': createAccount(deps),
    'account:update': changeAccount(deps),
    'account:test': testCommand(deps),
    'account:disable': disableAccount(deps),
    'account:enable': enableAccount(deps),
    'account:pair': pairCommand(deps),
    'member:list': listMemberDetails,
    'member:add': addMemberCommand(deps),
    'member:set-role': setMemberRole,
    'member:reset-password': resetPasswordCommand(deps),
    'member:remove': removeMemberCommand(deps),
    'template:list': listTemplates,
    'template:sync': syncCommand(deps),
    'saved-reply:list': listSavedReplies,
    'saved-reply:create': createSavedReply,
    'saved-reply:update': updateSavedReply,
    'saved-reply:remove': removeSavedReply,
    'report:read': readReport,
  };
}
