/** Pub/sub between processes, as far as the inbox knows of it. Nothing rests on a message that arrives. */

/** Sends one message on a channel; what cannot be sent is lost. */
export interface ChannelPublisher {
  publish(channel: string, payload: string): void;
  /** The channel of a kind that carries what is about a tenant; absent where one carries all of the kind. */
  readonly channelFor?: (kind: string, tenantId: string) => string;
}

/** The channel of a kind for what is about a tenant. */
export function channelFor(publisher: ChannelPublisher, kind: string, tenantId: string): string {
  return publisher.channelFor?.(kind, tenantId) ?? kind;
}
