/** `note:add`: an internal note that the customer never sees. */
import type { MemberId, NoteId, ThreadId } from '../../contract/ids.ts';
import { uuid7 } from '../../lib/uuid7.ts';
import type { Statement, Tx } from '../../platform/postgres.ts';
import type { Command } from '../command.ts';
import { AsLogged } from '../event-log.ts';
import { invalidField } from '../input.ts';
import { areThreadWorkers } from '../team/members.ts';
import { lockThread } from '../threads/access.ts';

interface NewNote {
  readonly id: NoteId;
  readonly tenantId: string;
  readonly threadId: ThreadId;
  readonly authorId: MemberId;
  readonly text: string;
  readonly mentions: readonly MemberId[];
  readonly at: Date;
}

/** Lock: only the new row; the thread's row lock is held. */
function insertNote(tx: Tx, note: NewNote): Statement {
  return tx`
    insert into notes (tenant_id, id, thread_id, author_id, text, mentions, created_at)
    values (${note.tenantId}, ${note.id}, ${note.threadId}, ${note.authorId}, ${note.text}, ${[...note.mentions]}::uuid[],
      ${note.at})`;
}

/** Locks the thread, so that the note is seen by exactly those who see the thread at that moment. */
export const addNote: Command<'note:add'> = {
  name: 'note:add',
  access: 'write',
  async run(context, { threadId, text, mentions = [] }) {
    const { tx, caller, clock } = context;
    const thread = await lockThread(context, threadId, 'write');
    const wanted = [...new Set(mentions)];
    if (wanted.length > 0 && !(await areThreadWorkers(tx, caller.tenantId, wanted))) {
      throw invalidField('mentions', 'names somebody who is not a member');
    }
    const { tenantId, memberId: authorId } = caller;
    const note: NewNote = {
      id: uuid7() as NoteId,
      tenantId,
      threadId,
      authorId,
      text,
      mentions: wanted,
      at: clock.now(),
    };
    const created = { tenantId, type: 'note.created', id: note.id, threadId, before: thread.assigneeId } as const;
    return { data: new AsLogged(created), writes: [insertNote(tx, note)], changes: [created] };
  },
};
