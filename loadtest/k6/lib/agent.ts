/** An agent's connection, measured. */
import { check } from 'k6';
import { WebSocket } from 'k6/websockets';
import type { CommandName, CommandResult } from '../../../src/contract/commands.ts';
import type { Cursor, Event } from '../../../src/contract/events.ts';
import type { LoadAgent } from '../../../src/contract/load.ts';
import { socketUrl } from './framing.ts';
import { InboxSocket, type Wire } from './inbox-socket.ts';
import { ack, gaps, ready, refused, resyncs } from './measures.ts';
import { baseUrl } from './plan.ts';

/** A live connection, or null when it was refused (which the run's thresholds do not forgive). */
export async function connect(
  agent: LoadAgent,
  onEvent: (event: Event) => void,
  cursor?: Cursor,
): Promise<InboxSocket | null> {
  const startedMs = Date.now();
  const auth = cursor === undefined ? { token: agent.token } : { token: agent.token, cursor };
  const socket = new InboxSocket(new WebSocket(socketUrl(baseUrl())) as unknown as Wire, auth, onEvent);
  const live = await socket.ready.then(
    () => true,
    () => false,
  );
  check(live, { 'the socket is live': (isLive) => isLive });
  if (!live) {
    refused.add(1);
    return null;
  }
  ready.add(Date.now() - startedMs);
  return socket;
}

/** The command's result, or null when it was refused. */
export async function ask<N extends CommandName>(
  socket: InboxSocket,
  name: N,
  input: object,
): Promise<CommandResult<N> | null> {
  const startedMs = Date.now();
  const answer = await socket.send(name, input).catch(() => null);
  ack.add(Date.now() - startedMs, { command: name });
  const isOk = answer?.ok === true;
  check(isOk, { 'the command was done': (done) => done });
  if (!isOk) refused.add(1, { command: name });
  return answer?.ok === true ? answer.data : null;
}

/** Ends the connection and hands in what it noticed. */
export function leave(socket: InboxSocket): void {
  gaps.add(socket.gaps);
  resyncs.add(socket.resyncs);
  socket.close();
}
