/** The inbox's view of pub/sub between processes. Nothing depends on a message arriving. */

/** Sends one message on a channel. What cannot be sent is lost. */
export interface ChannelPublisher {
  publish(channel: string, payload: string): void;
  /** The channel of a kind for a tenant's messages; absent if one channel carries the whole kind. */
  readonly channelFor?: (kind: string, tenantId: string) => string;
}

/** The channel of a kind for a tenant's messages. */
export function channelFor(publisher: ChannelPublisher, kind: string, tenantId: string): string {
  return publisher.channelFor?.(kind, tenantId) ?? kind;
}
