/** A file being uploaded to our server: its progress and a way to cancel. */
import { memo, type ReactNode } from 'react';
import { actions, useApp } from '../state/app.ts';
import type { Upload } from '../sync/uploads.ts';
import { EchoContent } from './echo-content.tsx';
import { refusalWords } from './refusal-words.ts';

function Progress({ upload }: { readonly upload: Upload }): ReactNode {
  const isOffline = useApp((state) => !state.machine.isReady);
  if (upload.state === 'failed') return null;
  const percent = Math.round(upload.progress * 100);
  return (
    <div className="upload-progress">
      <progress max={100} value={percent} aria-label={`Uploading ${upload.file.name}`} />
      <span>
        {upload.state === 'uploading' ? `${String(percent)} %` : isOffline ? 'Waits for the connection' : 'Waits'}
      </span>
      <button
        type="button"
        className="link"
        data-testid="upload-cancel"
        onClick={() => {
          actions.cancelUpload(upload.commandId);
        }}
      >
        Cancel
      </button>
    </div>
  );
}

function Refused({ upload }: { readonly upload: Upload }): ReactNode {
  const { error, commandId } = upload;
  if (error === null) return null;
  return (
    <div className="trouble" data-level="bad" role="alert">
      <span>Not sent. {refusalWords(error)}</span>
      <button
        type="button"
        className="link"
        onClick={() => {
          actions.retryUpload(commandId);
        }}
      >
        Try again
      </button>
      <button
        type="button"
        className="link"
        onClick={() => {
          actions.cancelUpload(commandId);
        }}
      >
        Discard
      </button>
    </div>
  );
}

interface UploadProps {
  readonly upload: Upload;
  readonly isFirst: boolean;
}

/** The upload is replaced by the echo of its message, which is then replaced by the message. */
export const UploadBubble = memo(function UploadBubble({ upload, isFirst }: UploadProps): ReactNode {
  return (
    <div
      className="message"
      data-testid="upload"
      data-first={isFirst}
      data-direction="outbound"
      data-status={upload.state === 'failed' ? 'failed' : 'queued'}
    >
      <div className="bubble-line">
        <div className="bubble">
          {isFirst ? <div className="author">You</div> : null}
          <EchoContent content={upload.contentWith('')} upload={upload} />
          <Progress upload={upload} />
        </div>
      </div>
      <Refused upload={upload} />
    </div>
  );
});
