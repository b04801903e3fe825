/** The files of a saved reply, in its form: those it has, those on their way, and a button to add some. */
import { useRef, type ReactNode } from 'react';
import type { SavedReplyFile } from '../../../../src/contract/saved-replies.ts';
import { MAX_REPLY_FILES } from '../../../../src/contract/saved-reply-text.ts';
import { fileType, shownName, sizeOf } from '../../components/format.ts';
import { Icon } from '../../components/icons.tsx';
import { useBlob } from '../../components/attachments/use-blob.ts';
import { sameItems, useApp } from '../../state/app.ts';
import { fitFile } from '../../sync/file-limits.ts';
import type { Adding, useReplyFiles } from './use-reply-files.ts';

interface ChipProps {
  readonly name: string;
  readonly picture: string | null;
  readonly children: ReactNode;
  readonly isRefused?: boolean;
  readonly onRemove: () => void;
}

function Chip({ name, picture, children, isRefused = false, onRemove }: ChipProps): ReactNode {
  return (
    <div className="tray-file" data-refused={isRefused} data-testid="reply-file">
      {picture === null ? (
        <span className="tray-mark">
          <Icon name={isRefused ? 'ban' : 'file'} size={22} />
        </span>
      ) : (
        <img src={picture} alt="" />
      )}
      <span className="tray-words">
        <span className="tray-name">{shownName(name)}</span>
        {children}
      </span>
      <button type="button" className="icon-button" aria-label={`Remove ${name}`} onClick={onRemove}>
        <Icon name="close" size={14} />
      </button>
    </div>
  );
}

/** The names of the numbers in use that cannot send the file. */
function useRefusing({ mime, sizeBytes }: SavedReplyFile): readonly string[] {
  return useApp(
    ({ machine }) =>
      [...machine.inbox.accounts.values()]
        .filter(({ disabled, capabilities: can }) => disabled !== true && can !== undefined)
        .filter(({ capabilities: can }) => can !== undefined && !fitFile({ type: mime, size: sizeBytes }, can).ok)
        .map(({ name }) => name),
    sameItems,
  );
}

function Kept({ file, onRemove }: { readonly file: SavedReplyFile; readonly onRemove: () => void }): ReactNode {
  const refusing = useRefusing(file);
  const [loaded] = useBlob(file.thumbnailUrl, true);
  return (
    <Chip name={file.filename} picture={loaded.state === 'ready' ? loaded.src : null} onRemove={onRemove}>
      <span className="faint">
        {fileType(file.mime, file.filename)} · {sizeOf(file.sizeBytes)}
      </span>
      {refusing.length === 0 ? null : <span className="tray-note">Cannot be sent with {refusing.join(', ')}</span>}
    </Chip>
  );
}

function OnItsWay({ adding, onRemove }: { readonly adding: Adding; readonly onRemove: () => void }): ReactNode {
  const { file, problem, progress } = adding;
  return (
    <Chip name={file.name} picture={null} isRefused={problem !== null} onRemove={onRemove}>
      {problem === null ? (
        <progress max={1} value={progress} aria-label={`Uploading ${file.name}`} />
      ) : (
        <span role="alert">{problem}</span>
      )}
    </Chip>
  );
}

interface ReplyFilesProps {
  readonly files: readonly SavedReplyFile[];
  readonly uploads: ReturnType<typeof useReplyFiles>;
  readonly problem: ReactNode;
  readonly onRemove: (file: SavedReplyFile) => void;
}

/** The button keeps the focus, and adds more. */
export function ReplyFiles({ files, uploads, problem, onRemove }: ReplyFilesProps): ReactNode {
  const input = useRef<HTMLInputElement>(null);
  const { adding, isFull, add, remove } = uploads;
  return (
    <div className="field file-field" role="group" aria-label="Files">
      <div className="reply-files-head">
        Files
        <button
          type="button"
          className="button"
          data-testid="reply-attach"
          aria-disabled={isFull}
          title={isFull ? `A saved reply has at most ${String(MAX_REPLY_FILES)} files` : undefined}
          onClick={() => {
            if (!isFull) input.current?.click();
          }}
        >
          <Icon name="attach" size={16} />
          Add files
        </button>
      </div>
      <div className="reply-files">
        {files.map((file) => (
          <Kept
            key={file.id}
            file={file}
            onRemove={() => {
              onRemove(file);
            }}
          />
        ))}
        {adding.map((one) => (
          <OnItsWay
            key={one.key}
            adding={one}
            onRemove={() => {
              remove(one.key);
            }}
          />
        ))}
      </div>
      {problem}
      <input
        ref={input}
        type="file"
        multiple
        hidden
        data-testid="reply-file-input"
        onChange={(event) => {
          add([...(event.target.files ?? [])]);
          event.target.value = '';
        }}
      />
    </div>
  );
}
