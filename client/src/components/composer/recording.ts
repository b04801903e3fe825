/** Recording with the microphone, in a format that the number takes. */
import { localNow } from '../../clock.ts';
import { takesAudio, type FileAbility } from '../../sync/file-limits.ts';

/** Best first: Ogg with Opus is what WhatsApp's own voice messages are. */
const FORMATS = [
  { mime: 'audio/ogg;codecs=opus', ending: 'ogg' },
  { mime: 'audio/mp4;codecs=mp4a.40.2', ending: 'm4a' },
  { mime: 'audio/webm;codecs=opus', ending: 'webm' },
] as const;

/** A format that this browser can record. */
export type Format = (typeof FORMATS)[number];

/** The best format that both this browser and the number can do; null when there is none. */
export function recordingFormat(can: FileAbility): Format | null {
  return FORMATS.find(({ mime }) => takesAudio(mime, can) && MediaRecorder.isTypeSupported(mime)) ?? null;
}

/** A recording under way. */
export interface Recording {
  /** The finished file. */
  readonly finish: () => Promise<File>;
  /** Throws it away. */
  readonly cancel: () => void;
}

/** Asks for the microphone and begins. Rejects when the person or the browser refuses it. */
export async function startRecording({ mime, ending }: Format): Promise<Recording> {
  const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
  const recorder = new MediaRecorder(stream, { mimeType: mime });
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
      return new File(parts, name, { type: mime.split(';')[0] ?? mime });
    },
    cancel: () => {
      if (recorder.state === 'inactive') release();
      else recorder.stop();
    },
  };
}
