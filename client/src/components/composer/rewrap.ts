/** The same sound in another container: Chrome records Opus in WebM, WhatsApp's voice messages are Opus in Ogg. */
import { BlobSource, BufferTarget, Conversion, Input, OggOutputFormat, Output, WEBM } from 'mediabunny';

/** Nothing is encoded anew: the packets are copied. Rejects when it is no WebM with Opus. */
export async function oggOf(webm: Blob): Promise<Blob> {
  const input = new Input({ source: new BlobSource(webm), formats: [WEBM] });
  const target = new BufferTarget();
  const output = new Output({ format: new OggOutputFormat(), target });
  await (await Conversion.init({ input, output })).execute();
  if (target.buffer === null) throw new Error('The recording is empty.');
  return new Blob([target.buffer], { type: 'audio/ogg' });
}
