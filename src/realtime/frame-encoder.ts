/** Socket.IO's encoder, except that durable events that are text already are inserted into their frame unchanged. */
import { Encoder, PacketType, type Packet } from 'socket.io-parser';
import type { EventsFrame } from '../contract/events.ts';
import { ShownEvent } from '../inbox/written-event.ts';

/** For the default namespace. */
export class FrameEncoder extends Encoder {
  override encode(packet: Packet): unknown[] {
    const [name, frame] = packet.type === PacketType.EVENT ? (packet.data as readonly unknown[]) : [];
    return name === 'events' ? [encodeFrame(frame as EventsFrame)] : super.encode(packet);
  }
}

function encodeFrame({ epoch, from, to, events }: EventsFrame): string {
  const texts = events.map((event) => (event instanceof ShownEvent ? event.text : JSON.stringify(event)));
  const span = `"epoch":${JSON.stringify(epoch)},"from":${String(from)},"to":${String(to)}`;
  return `${String(PacketType.EVENT)}["events",{${span},"events":[${texts.join(',')}]}]`;
}
