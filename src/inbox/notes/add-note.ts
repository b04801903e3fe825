/** `note:add`: an internal remark that the customer never sees. */
import type { Note } from '../../contract/entities.ts';
import type { MemberId, ThreadId } from '../../contract/ids.ts';
import type { Tx } from '../../platform/postgres.ts';
import type { Command } from '../command.ts';
import { invalidField } from '../input.ts';
import { areThreadWorkers } from '../team/members.ts';
import { lockThread } from '../threads/access.ts';

interface NewNote {
  readonly tenantId: string;
  readonly threadId: ThreadId;
  readonly authorId: MemberId;
  readonly text: string;
  readonly mentions: readonly MemberId[];
  readonly at: Date;
}

/** Returns the note as clients see it. Lock: only the new row; the thread's row lock is held. */
async function insertNote(tx: Tx, note: NewNote): Promise<Note> {
  const rows = await tx<{ id: string }[]>`
    insert into notes (tenant_id, thread_id, author_id, text, mentions, created_at)
    values (${note.tenantId}, ${note.threadId}, ${note.authorId}, ${note.text}, ${[...note.mentions]}::uuid[], ${note.at})
    returning id`;
  const stored = await tx<{ note: Note }[]>`
    select e.entity as note from note_entities e where e.tenant_id = ${note.tenantId} and e.id = ${rows[0]?.id ?? null}`;
  const [row] = stored;
  if (row === undefined) throw new Error('An inserted note cannot be found.');
  return row.note;
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
    const note = await insertNote(tx, { tenantId, threadId, authorId, text, mentions: wanted, at: clock.now() });
    const change = { tenantId, type: 'note.created', id: note.id, threadId, before: thread.assigneeId } as const;
    return { data: { note }, changes: [change] };
  },
};
