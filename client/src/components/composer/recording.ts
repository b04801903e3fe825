/** Records with the microphone, in a format that the number accepts. */
import { localNow } from '../../clock.ts';
import { takesAudio, type FileAbility } from '../../sync/file-limits.ts';

/** The type that is sent, and the type that the browser records for it. */
export interface Format {
  readonly mime: string;
  readonly ending: string;
  readonly recorded: string;
}

/** Best first. Ogg with Opus is the format of WhatsApp's own voice messages; Chrome's WebM is converted to it. */
const FORMATS: readonly Format[] = [
  { mime: 'audio/ogg', ending: 'ogg', recorded: 'audio/ogg;codecs=opus' },
  { mime: 'audio/ogg', ending: 'ogg', recorded: 'audio/webm;codecs=opus' },
  { mime: 'audio/mp4', ending: 'm4a', recorded: 'audio/mp4;codecs=mp4a.40.2' },
  { mime: 'audio/webm', ending: 'webm', recorded: 'audio/webm;codecs=opus' },
];

/** The best format that both the browser and the number support; null when there is none. */
export function recordingFormat(can: FileAbility): Format | null {
  return FORMATS.find(({ mime, recorded }) => takesAudio(mime, can) && MediaRecorder.isTypeSupported(recorded)) ?? null;
}

/** A running recording. */
export interface Recording {
  /** Stops and resolves to the file. */
  readonly finish: () => Promise<File>;
  /** Stops and discards the recording. */
  readonly cancel: () => void;
}

/** Asks for the microphone and starts recording. Rejects when the person or the browser refuses access. */
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

/** The recording in the container that is sent. The converter is loaded the first time it is needed. */
async function inContainer(sound: Blob, { mime, recorded }: Pick<Format, 'mime' | 'recorded'>): Promise<Blob> {
  if (recorded.startsWith(mime)) return sound;
  const { oggOf } = await import('./rewrap.ts');
  return await oggOf(sound);
}
