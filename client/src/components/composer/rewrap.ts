/** Moves audio to another container: Chrome records Opus in WebM, but WhatsApp's voice messages are Opus in Ogg. */
import { BlobSource, BufferTarget, Conversion, Input, OggOutputFormat, Output, WEBM } from 'mediabunny';

/** Copies the packets without re-encoding. Rejects when the input is not WebM with Opus. */
export async function oggOf(webm: Blob): Promise<Blob> {
  const input = new Input({ source: new BlobSource(webm), formats: [WEBM] });
  const target = new BufferTarget();
  const output = new Output({ format: new OggOutputFormat(), target });
  await (await Conversion.init({ input, output })).execute();
  if (target.buffer === null) throw new Error('The recording is empty.');
  return new Blob([target.buffer], { type: 'audio/ogg' });
}
