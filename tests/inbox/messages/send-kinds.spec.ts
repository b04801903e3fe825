import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Message } from '../../../src/contract/message.ts';
import { uuid7 } from '../../../src/lib/uuid7.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { createTeam, newThread, type Team } from '../../support/team.ts';

let db: TestDatabase;
beforeAll(async () => {
  db = await createTestDatabase();
});
afterAll(async () => {
  await db.drop();
});

type Caller = Awaited<ReturnType<Team['member']>>;

/** A file as an upload leaves it. */
async function upload(
  team: Team,
  by: Caller,
  over: { mime?: string; sizeBytes?: number; voice?: boolean; still?: boolean } = {},
): Promise<string> {
  const { mime = 'image/png', sizeBytes = 1000, voice = false, still = null } = over;
  const id = uuid7();
  await db.database.run(
    'test.upload',
    (sql) => sql`
      insert into media (tenant_id, id, account_id, uploaded_by, mime, size_bytes, voice, still, state, storage_key)
      values (${team.tenantId}, ${id}, ${team.account.accountId}, ${by.memberId}, ${mime}, ${sizeBytes}, ${voice}, ${still}, 'ready', ${id})`,
  );
  return id;
}

async function start(provider = 'cloud'): Promise<{
  team: Team;
  ana: Caller;
  threadId: string;
  readonly send: (input: object) => Promise<Message>;
}> {
  const team = await createTeam(db.database, { provider });
  const ana = await team.member('agent');
  const { threadId } = await newThread(team);
  return {
    ...{ team, ana, threadId },
    send: async (input) => (await team.execute('message:send', { threadId, ...input }, ana)).data.message,
  };
}

const interactive = {
  type: 'button',
  body: { text: 'When does it suit you?' },
  action: { buttons: [{ type: 'reply', reply: { id: 'am', title: 'Morning' } }] },
};
const location = { latitude: 38.7, longitude: -9.1, name: 'Shop' };
const contacts = [{ name: 'Ada Example', phones: [{ phone: '+1 555 010 0101' }] }];

describe('message:send of every kind', () => {
  it('shows what was sent as it was asked for', async () => {
    const { send } = await start();
    expect(await send({ kind: 'location', location })).toMatchObject({ kind: 'location', location, text: null });
    expect(await send({ kind: 'contacts', contacts })).toMatchObject({ kind: 'contacts', contacts });
    const asked = await send({ kind: 'interactive', interactive });
    expect(asked).toMatchObject({ kind: 'interactive', interactive, text: 'When does it suit you?', status: 'queued' });
    expect(Message.strict().parse(asked)).toEqual(asked);
    const plain = await send({ kind: 'text', text: 'https://x.test', linkPreview: false });
    expect(plain).toMatchObject({ text: 'https://x.test', linkPreview: false });
  });

  it('a file goes out under its caption, belongs to the conversation from then on, and can be sent there again', async () => {
    const { team, ana, send, threadId } = await start();
    const mediaId = await upload(team, ana);
    const message = await send({ kind: 'image', mediaId, text: 'Look' });
    expect(message).toMatchObject({ kind: 'image', text: 'Look', media: { id: mediaId, state: 'ready' } });
    expect(Message.strict().parse(message)).toEqual(message);
    const [row] = await db.database.run(
      'test.media',
      (sql) => sql<{ owner: string }[]>`select thread_id as owner from media where id = ${mediaId}`,
    );
    expect(row?.owner).toBe(threadId);
    expect(await send({ kind: 'image', mediaId })).toMatchObject({ text: null, media: { id: mediaId } });
  });

  it('a template shows the file of its header', async () => {
    const { team, ana, send } = await start();
    const mediaId = await upload(team, ana, { mime: 'application/pdf' });
    const header = { type: 'header', parameters: [{ type: 'document', document: { mediaId, filename: 'offer.pdf' } }] };
    const template = { name: 'offer', language: 'en', components: [header] };
    expect(await send({ kind: 'template', template })).toMatchObject({ template, media: { id: mediaId } });
  });

  it('refuses a file of a colleague, of another number, of another conversation, and one that is not there', async () => {
    const { team, ana, send } = await start();
    const bruno = await team.member('agent');
    const other = await newThread(team);
    const elsewhere = await start();
    const bound = await upload(team, ana);
    await team.execute('message:send', { threadId: other.threadId, kind: 'image', mediaId: bound }, ana);
    const foreign = [await upload(team, bruno), await upload(elsewhere.team, elsewhere.ana), bound, uuid7()];
    for (const mediaId of foreign) {
      await expect(send({ kind: 'image', mediaId })).rejects.toMatchObject({
        code: 'invalid_input',
        details: [{ path: 'mediaId' }],
      });
    }
  });

  it('refuses what the number’s limits do not allow, and leaves the file to be sent otherwise', async () => {
    const { team, ana, send } = await start();
    const large = await upload(team, ana, { sizeBytes: 5 * 1024 * 1024 + 1 });
    await expect(send({ kind: 'image', mediaId: large })).rejects.toMatchObject({ code: 'payload_too_large' });
    expect(await send({ kind: 'document', mediaId: large })).toMatchObject({ kind: 'document' });
    const wrong = await upload(team, ana, { mime: 'image/tiff' });
    await expect(send({ kind: 'image', mediaId: wrong })).rejects.toMatchObject({ code: 'unsupported' });
  });

  it('a sticker that does not move has a limit of its own, whatever it was uploaded as', async () => {
    const { team, ana, send } = await start();
    const webp = { mime: 'image/webp', sizeBytes: 100 * 1024 + 1 };
    const [still, moving] = [
      await upload(team, ana, { ...webp, still: true }),
      await upload(team, ana, { ...webp, still: false }),
    ];
    await expect(send({ kind: 'sticker', mediaId: still })).rejects.toMatchObject({
      code: 'payload_too_large',
      message: expect.stringContaining('Stickers that do not move may have at most 100 KB') as string,
    });
    expect(await send({ kind: 'document', mediaId: still })).toMatchObject({ kind: 'document' });
    expect(await send({ kind: 'sticker', mediaId: moving })).toMatchObject({ kind: 'sticker' });
  });

  it('a question shows the file of its header, within the limits of its kind', async () => {
    const { team, ana, send } = await start();
    const [mediaId, large] = [await upload(team, ana), await upload(team, ana, { sizeBytes: 5 * 1024 * 1024 + 1 })];
    const under = (id: string): object => ({ ...interactive, header: { type: 'image', image: { mediaId: id } } });
    const asked = await send({ kind: 'interactive', interactive: under(mediaId) });
    expect(asked).toMatchObject({ interactive: under(mediaId), media: { id: mediaId }, text: interactive.body.text });
    await expect(send({ kind: 'interactive', interactive: under(large) })).rejects.toMatchObject({
      code: 'payload_too_large',
    });
    await expect(send({ kind: 'interactive', interactive: under(uuid7()) })).rejects.toMatchObject({
      details: [{ path: 'interactive.header' }],
    });
  });

  it('a poll is shown with its options before anybody has voted', async () => {
    const { send } = await start('evolution');
    const asked = await send({ kind: 'poll', poll: { question: 'Which day?', options: ['Monday', 'Tuesday'] } });
    expect(Message.strict().parse(asked)).toMatchObject({
      ...{ kind: 'poll', text: 'Which day?' },
      poll: {
        question: 'Which day?',
        options: ['Monday', 'Tuesday'].map((name) => ({ name, votes: 0 })),
        multiple: false,
      },
    });
    const several = { question: 'Which days?', options: ['Monday', 'Tuesday'], multiple: true };
    expect(await send({ kind: 'poll', poll: several })).toMatchObject({ poll: { multiple: true } });
  });

  it('a number without a kind says so, and what it has', async () => {
    const { send } = await start('evolution');
    for (const input of [
      { kind: 'interactive', interactive },
      { kind: 'template', template: { name: 'hello', language: 'en' } },
    ]) {
      await expect(send(input)).rejects.toMatchObject({
        code: 'unsupported',
        message: expect.stringContaining('It can send: text, image') as string,
      });
    }
  });

  it('a text longer than the number’s carrier takes is refused by the field', async () => {
    const { team, ana, threadId } = await start('twilio');
    const long = { threadId, kind: 'text', text: 'x'.repeat(1601) };
    await expect(team.execute('message:send', long, ana)).rejects.toMatchObject({
      code: 'invalid_input',
      details: [{ path: 'text', message: 'must be at most 1600 characters with this number' }],
    });
  });

  it('what a program sends asks for the slow lane', async () => {
    const { team, send } = await start();
    await send({ kind: 'text', text: 'by a program', priority: 'automatic' });
    await send({ kind: 'text', text: 'by a person' });
    expect(team.jobs.map(({ priority }) => priority)).toEqual(['automatic', undefined]);
  });
});
