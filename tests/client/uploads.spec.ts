import { describe, expect, it } from 'vitest';
import { filePart } from '../../client/src/sync/content.ts';
import { enqueue } from '../../client/src/sync/outbox.ts';
import {
  changeUpload,
  enqueueUploads,
  finishedUploads,
  nextUpload,
  uploadsOf,
  type NewUpload,
} from '../../client/src/sync/uploads.ts';
import { at } from './example.ts';

const aFile = (commandId: string, over: Partial<NewUpload> = {}): NewUpload => ({
  ...{ commandId, threadId: 't', accountId: 'a', kind: 'image', voice: false, replyToMessageId: null },
  contentWith: (mediaId) => ({ kind: 'image', mediaId }),
  ...{ file: new File(['x'], `${commandId}.jpg`), previewUrl: `blob:${commandId}`, createdAt: at(0) },
  ...over,
});

const idOf = (upload: { commandId: string } | null): string | undefined => upload?.commandId;

describe('uploads', () => {
  const two = enqueueUploads([], [aFile('1'), aFile('2')]);

  it('go one at a time, in the order in which the files were chosen', () => {
    expect(idOf(nextUpload(two))).toBe('1');
    const busy = changeUpload(two, '1', { state: 'uploading' });
    expect(nextUpload(busy)).toBeNull();
    expect(idOf(nextUpload(changeUpload(busy, '1', { state: 'handed', mediaId: 'm' })))).toBe('2');
  });

  it('that are refused do not hold up the next', () => {
    expect(idOf(nextUpload(changeUpload(two, '1', { state: 'failed' })))).toBe('2');
  });

  it('stay until the outbox has done with their message, whatever its command is called by then', () => {
    const handed = changeUpload(two, '1', { state: 'handed', mediaId: 'm' });
    const command = {
      name: 'message:send',
      threadId: 't',
      input: { kind: 'image', mediaId: 'm' },
      createdAt: at(0),
    } as const;
    expect(finishedUploads(handed, enqueue([], { ...command, commandId: 'renewed' }))).toEqual([]);
    expect(finishedUploads(handed, []).map(idOf)).toEqual(['1']);
  });

  it('stay as long when their file stands above a question', () => {
    const interactive = { type: 'button', header: filePart('document', 'm', { name: 'Menu.pdf' }) };
    const command = { name: 'message:send', threadId: 't', createdAt: at(0) } as const;
    const outbox = enqueue([], { ...command, commandId: '1', input: { kind: 'interactive', interactive } });
    expect(finishedUploads(changeUpload(two, '1', { state: 'handed', mediaId: 'm' }), outbox)).toEqual([]);
  });

  it('are drawn in their own thread until a message stands for them', () => {
    const more = enqueueUploads(two, [aFile('3', { threadId: 'other' })]);
    expect(uploadsOf(more, 't').map(idOf)).toEqual(['1', '2']);
    expect(uploadsOf(changeUpload(more, '1', { state: 'handed' }), 't').map(idOf)).toEqual(['2']);
  });
});
