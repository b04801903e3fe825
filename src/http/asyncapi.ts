/** The Socket.IO surface as an AsyncAPI 3.0 document, from the schemas the code runs on. */
import { z } from 'zod';
import { COMMAND_NAMES, COMMANDS } from '../contract/commands.ts';
import { ErrorBody } from '../contract/errors.ts';
import { Cursor, EventsFrame } from '../contract/events.ts';
import { SERVER_EVENTS } from '../contract/socket.ts';

type Json = Readonly<Record<string, unknown>>;

/** Inlines definitions, because AsyncAPI tools do not resolve `$defs` inside a message. */
function schemaOf(schema: z.ZodType): Json {
  const made = { ...z.toJSONSchema(schema, { io: 'input', reused: 'inline', unrepresentable: 'any' }) };
  delete made.$schema;
  return made;
}

/** The name without characters that are not allowed in component keys. */
function keyOf(name: string): string {
  return name.replace(/[^A-Za-z0-9_]/g, '_');
}

interface Described {
  readonly name: string;
  readonly summary: string;
  readonly payload: Json;
}

function commandMessages(): Described[] {
  return COMMAND_NAMES.map((name) => ({
    name,
    summary: 'Command; answered by an acknowledgement after commit.',
    payload: schemaOf(COMMANDS[name].input),
  }));
}

function ackMessages(): Described[] {
  return COMMAND_NAMES.map((name) => ({
    name: `${name}.ack`,
    summary: `Acknowledgement of ${name}.`,
    payload: {
      oneOf: [
        schemaOf(
          z.object({ ok: z.literal(true), data: COMMANDS[name].result as z.ZodType, cursor: Cursor.optional() }),
        ),
        schemaOf(z.object({ ok: z.literal(false), error: ErrorBody })),
      ],
    },
  }));
}

function serverMessages(): Described[] {
  const events = Object.entries({ ...SERVER_EVENTS, events: EventsFrame });
  return events.map(([name, schema]) => ({ name, summary: 'Sent by the server.', payload: schemaOf(schema) }));
}

function references(messages: readonly Described[], at: string): Record<string, Json> {
  return Object.fromEntries(messages.map(({ name }) => [keyOf(name), { $ref: `${at}/${keyOf(name)}` }]));
}

const CHANNEL = '#/channels/inbox';

/** One operation per command, with its answer, and one for everything the server sends by itself. */
function operations(commands: readonly Described[], pushed: readonly Described[]): Json {
  const asked = commands.map(({ name }) => {
    const reply = { channel: { $ref: CHANNEL }, messages: [{ $ref: `${CHANNEL}/messages/${keyOf(`${name}.ack`)}` }] };
    const messages = [{ $ref: `${CHANNEL}/messages/${keyOf(name)}` }];
    return [keyOf(name), { action: 'receive', channel: { $ref: CHANNEL }, messages, reply }];
  });
  const messages = pushed.map(({ name }) => ({ $ref: `${CHANNEL}/messages/${keyOf(name)}` }));
  return Object.fromEntries([...asked, ['push', { action: 'send', channel: { $ref: CHANNEL }, messages }]]) as Json;
}

/** Builds the document. */
export function asyncApiDocument(): Json {
  const commands = commandMessages();
  const acks = ackMessages();
  const pushed = serverMessages();
  const all = [...commands, ...acks, ...pushed];
  const components = all.map(({ name, ...rest }) => [keyOf(name), { name, contentType: 'application/json', ...rest }]);
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Hunfly Inbox, live',
      version: '1',
      description:
        'Socket.IO protocol 5 on the default namespace, WebSocket transport. Handshake auth: { token, tenantId?, cursor? }. ' +
        'Refusals are connect_error with data.code.',
    },
    channels: { inbox: { address: '/socket.io', messages: references(all, '#/components/messages') } },
    operations: operations(commands, pushed),
    components: { messages: Object.fromEntries(components) as Json },
  };
}
