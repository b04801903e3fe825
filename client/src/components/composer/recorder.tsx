/** The strip shown while a voice message is recorded. */
import { useEffect, useRef, useState, type ReactNode } from 'react';
import { localNow } from '../../clock.ts';
import type { FileAbility } from '../../sync/file-limits.ts';
import { clockOf } from '../format.ts';
import { Icon } from '../icons.tsx';
import { recordingFormat, startRecording, type Recording } from './recording.ts';

const TICK_MS = 250;
const NO_FORMAT =
  'This browser records in formats that this number cannot send. Attach an audio file, or record in Firefox or Safari.';
const NO_FILE = 'The recording could not be finished. Throw it away and record it again.';
const NO_MICROPHONE = 'The microphone could not be used. Allow it in the browser’s address bar and try again.';

type State =
  | { readonly step: 'asking' }
  | { readonly step: 'recording'; readonly recording: Recording; readonly since: number }
  | { readonly step: 'refused'; readonly words: string };

/**
 * Records until the component goes. `onLeft` gets the recording when the person leaves without sending or discarding
 * it.
 */
function useRecording(can: FileAbility, onLeft: (file: File) => void) {
  const [state, setState] = useState<State>({ step: 'asking' });
  // The format stays as it was when the recording began; later news about the number must not start another recording.
  const [format] = useState(() => recordingFormat(can));
  const leave = useRef(onLeft);
  const isOver = useRef(false);
  useEffect(() => {
    if (format === null) {
      setState({ step: 'refused', words: NO_FORMAT });
      return undefined;
    }
    let isGone = false;
    let running: Recording | null = null;
    startRecording(format).then(
      (recording) => {
        running = recording;
        if (isGone) recording.cancel();
        else setState({ step: 'recording', recording, since: localNow() });
      },
      () => {
        setState({ step: 'refused', words: NO_MICROPHONE });
      },
    );
    return () => {
      isGone = true;
      if (isOver.current) running?.cancel();
      else void running?.finish().then(leave.current);
    };
  }, [format]);
  const end = (): void => {
    isOver.current = true;
  };
  return { state, end };
}

function Clock({ since }: { readonly since: number }): ReactNode {
  const [now, setNow] = useState(since);
  useEffect(() => {
    const timer = setInterval(() => {
      setNow(localNow());
    }, TICK_MS);
    return () => {
      clearInterval(timer);
    };
  }, []);
  return <time className="recorder-clock">{clockOf((now - since) / 1000)}</time>;
}

function Words({ state, failure }: { readonly state: State; readonly failure: string | null }): ReactNode {
  return (
    <span className="recorder-words" role="status">
      {state.step === 'asking' ? 'Waiting for the microphone …' : null}
      {state.step === 'refused' ? state.words : null}
      {failure}
      {state.step === 'recording' && failure === null ? (
        <>
          <span className="recorder-dot" aria-hidden="true" /> Recording <Clock since={state.since} />
        </>
      ) : null}
    </span>
  );
}

interface RecorderProps {
  readonly can: FileAbility;
  readonly onFile: (file: File) => void;
  readonly onLeft: (file: File) => void;
  readonly onDone: () => void;
}

/** Starts recording at once. Sending, discarding or leaving ends it. */
export function Recorder({ can, onFile, onLeft, onDone }: RecorderProps): ReactNode {
  const { state, end } = useRecording(can, onLeft);
  const isSending = useRef(false);
  const send = useRef<HTMLButtonElement>(null);
  // The button that started it is gone, and the focus with it.
  useEffect(() => send.current?.focus(), [state.step]);
  const [failure, setFailure] = useState<string | null>(null);
  const finish = async (recording: Recording): Promise<void> => {
    if (isSending.current) return;
    isSending.current = true;
    end();
    try {
      onFile(await recording.finish());
      onDone();
    } catch {
      setFailure(NO_FILE);
    }
  };
  return (
    <div
      className="recorder"
      data-testid="recorder"
      data-step={state.step}
      onKeyDown={(event) => {
        if (event.key !== 'Escape') return;
        // Back to the text, without leaving the conversation too. The recording is kept as an attachment.
        event.stopPropagation();
        onDone();
      }}
    >
      <button
        type="button"
        className="icon-button"
        aria-label="Throw it away"
        onClick={() => {
          end();
          onDone();
        }}
      >
        <Icon name="close" />
      </button>
      <Words state={state} failure={failure} />
      <button
        ref={send}
        type="button"
        className="button button-primary"
        data-testid="send"
        disabled={state.step !== 'recording' || failure !== null}
        onClick={() => {
          if (state.step === 'recording') void finish(state.recording);
        }}
      >
        <Icon name="send" size={16} />
        Send
      </button>
    </div>
  );
}
