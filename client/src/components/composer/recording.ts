/** Recording with the microphone, in a format that the number takes. */
import { localNow } from '../../clock.ts';
import { takesAudio, type FileAbility } from '../../sync/file-limits.ts';

/** What is sent, and what the browser records for it. */
export interface Format {
  readonly mime: string;
  readonly ending: string;
  readonly recorded: string;
}

/** Best first: Ogg with Opus is what WhatsApp's own voice messages are, and what Chrome's WebM is turned into. */
const FORMATS: readonly Format[] = [
  { mime: 'audio/ogg', ending: 'ogg', recorded: 'audio/ogg;codecs=opus' },
  { mime: 'audio/ogg', ending: 'ogg', recorded: 'audio/webm;codecs=opus' },
  { mime: 'audio/mp4', ending: 'm4a', recorded: 'audio/mp4;codecs=mp4a.40.2' },
  { mime: 'audio/webm', ending: 'webm', recorded: 'audio/webm;codecs=opus' },
];

/** The best format that both this browser and the number can do; null when there is none. */
export function recordingFormat(can: FileAbility): Format | null {
  return FORMATS.find(({ mime, recorded }) => takesAudio(mime, can) && MediaRecorder.isTypeSupported(recorded)) ?? null;
}

/** A recording under way. */
export interface Recording {
  /** The finished file. */
  readonly finish: () => Promise<File>;
  /** Throws it away. */
  readonly cancel: () => void;
}

/** Asks for the microphone and begins. Rejects when the person or the browser refuses it. */
export async function startRecording({ mime, ending, recorded }: Format): Promise<Recording> {
  const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
  const recorder = new MediaRecorder(stream, { mimeType: recorded });
  const parts: Blob[] = [];
  const release = (): void => {
    for (const track of stream.getTracks()) track.stop();
  };
  recorder.addEventListener('dataavailable', ({ data }) => parts.push(data));
  recorder.addEventListener('stop', release);
  recorder.start();
  return {
    finish: async () => {
      const stopped = new Promise((resolve) => {
        recorder.addEventListener('stop', resolve, { once: true });
      });
      recorder.stop();
      await stopped;
      const name = `voice-${new Date(localNow()).toISOString().slice(0, 19).replaceAll(/[:T]/g, '-')}.${ending}`;
      return new File([await inContainer(new Blob(parts), { mime, recorded })], name, { type: mime });
    },
    cancel: () => {
      if (recorder.state === 'inactive') release();
      else recorder.stop();
    },
  };
}

/** The recording as it is to be sent. What turns it is loaded when it is needed for the first time. */
async function inContainer(sound: Blob, { mime, recorded }: Pick<Format, 'mime' | 'recorded'>): Promise<Blob> {
  if (recorded.startsWith(mime)) return sound;
  const { oggOf } = await import('./rewrap.ts');
  return await oggOf(sound);
}
