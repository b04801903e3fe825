/** The typed Socket.IO server of this product. */
import type { Server, Socket } from 'socket.io';
import type { Cursor } from '../contract/events.ts';
import type { ClientToServer, ServerToClient } from '../contract/socket.ts';
import type { Caller } from '../inbox/command.ts';
import type { LiveMember } from '../inbox/team/live-member.ts';

/** What the handshake leaves on a socket. */
export interface SocketData {
  caller: Caller;
  cursor: Cursor | null;
  /** The membership as read during the handshake; null once it has been used. */
  live: LiveMember | null;
}

/** Messages between nodes: of unknown content until parsed. */
interface NodeToNode {
  signals: (signals: unknown) => void;
}

/** The server, default namespace. */
export type InboxServer = Server<ClientToServer, ServerToClient, NodeToNode, SocketData>;
/** One connection. */
export type InboxSocket = Socket<ClientToServer, ServerToClient, NodeToNode, SocketData>;
