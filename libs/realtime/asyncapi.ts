import { z } from 'zod';
import type { FrameType } from './frame-types';
import { SUBPROTOCOL } from './handshake';
import { MAX_ID_LENGTH } from './socket';

/** A message in an AsyncAPI document. */
interface Message {
  name: string;
  title: string;
  summary: string;
  contentType: 'application/json';
  payload: object;
}

const ID = { type: 'string', format: 'uuid', description: 'UUIDv7. Store the last one to resume after it.' };
const LAST_EVENT_ID = {
  type: 'string',
  maxLength: MAX_ID_LENGTH,
  description: 'Id of the last frame that was received.',
};

/** Frames that belong to the connection itself. */
const CONNECTION: readonly FrameType[] = [
  {
    type: 'error',
    summary:
      'The server is about to close the connection or end the stream, because of the client or its token.',
    schema: z.object({
      code: z.string().describe('Stable code, such as `auth.unauthenticated`.'),
      detail: z.string().describe('What happened.'),
    }),
  },
  {
    type: 'pong',
    summary: 'Response to the message `ping` of a WebSocket client.',
    schema: z.object({}),
  },
  {
    type: 'ready',
    summary: 'First frame of a connection, and first frame after a `resume`.',
    schema: z.object({
      resumed: z
        .boolean()
        .describe(
          'Whether all frames since `lastEventId` follow. If false, frames can be missing: reload the data that you show.',
        ),
    }),
  },
];

/** Messages of a client over a WebSocket. */
const FROM_CLIENTS: readonly Message[] = [
  {
    ...messageOf('ping', 'Requests a `pong`, for clients that cannot send WebSocket pings.'),
    payload: {
      type: 'object',
      additionalProperties: false,
      required: ['type'],
      properties: { type: { const: 'ping' } },
    },
  },
  {
    ...messageOf('resume', 'Resumes after a frame, like `lastEventId` in the URL.'),
    payload: {
      type: 'object',
      additionalProperties: false,
      required: ['type', 'lastEventId'],
      properties: { type: { const: 'resume' }, lastEventId: LAST_EVENT_ID },
    },
  },
];

/**
 * Describes the frames (AsyncAPI 3.0). The result depends only on the code.
 *
 * @param info.title of the API
 * @param info.version of the API
 * @param frames every declared frame
 */
export function buildAsyncApi(
  { title, version }: { title: string; version: string },
  frames: readonly FrameType[],
): object {
  const sent = [...CONNECTION, ...frames].map(frameMessage).sort((a, b) => (a.name < b.name ? -1 : 1));
  const refs = (messages: readonly Message[], channel?: string) =>
    messages.map(({ name }) => ({
      $ref: channel ? `#/channels/${channel}/messages/${name}` : `#/components/messages/${name}`,
    }));
  const keyed = (messages: readonly Message[]) =>
    Object.fromEntries(messages.map(({ name }, index) => [name, refs(messages)[index]]));
  const streamed = sent.filter(({ name }) => name !== 'pong');
  return {
    asyncapi: '3.0.0',
    info: {
      title: `${title}: frames`,
      version,
      description: [
        'Messages that servers push to connected clients. A frame is sent to the users it concerns, on each of their connections.',
        'Every frame has an id. A client that reconnects with the id of the last frame gets the frames that it missed, for at least five minutes. A frame can then arrive twice, with the same id.',
        'docs/guides/realtime.md describes how to connect, and the close codes.',
      ].join('\n\n'),
      contact: { name: `The maintainers of ${title}` },
      license: { name: 'MIT', url: 'https://opensource.org/license/mit' },
      tags: [{ name: 'Realtime', description: 'Receive events over a WebSocket or Server-Sent Events.' }],
    },
    defaultContentType: 'application/json',
    servers: {
      http: server('https', 'Server-Sent Events.'),
      websocket: server('wss', 'WebSockets.'),
    },
    channels: {
      events: {
        address: '/v1/events',
        title: 'Event stream',
        description:
          'Server-Sent Events. Each event has the id and the type of its frame, and the frame as data. Requires an access token in the header Authorization.',
        servers: [{ $ref: '#/servers/http' }],
        messages: keyed(streamed),
        bindings: {
          http: {},
        },
      },
      ws: {
        address: '/v1/ws',
        title: 'WebSocket',
        description: `A WebSocket. Requires an access token, in the header Authorization or as a subprotocol: \`${SUBPROTOCOL}, bearer.<token>\`. Messages from clients can have at most 512 bytes.`,
        servers: [{ $ref: '#/servers/websocket' }],
        messages: keyed([...sent, ...FROM_CLIENTS]),
        bindings: {
          ws: {
            method: 'GET',
            query: { type: 'object', properties: { lastEventId: LAST_EVENT_ID } },
            bindingVersion: '0.1.0',
          },
        },
      },
    },
    operations: {
      receiveMessages: {
        action: 'receive',
        channel: { $ref: '#/channels/ws' },
        summary: 'Messages from a client over a WebSocket',
        description:
          'Any other message closes the connection: with code 1003 if it is not JSON, otherwise with 1008.',
        messages: refs(FROM_CLIENTS, 'ws'),
      },
      sendEvents: {
        action: 'send',
        channel: { $ref: '#/channels/events' },
        summary: 'Frames over an event stream',
        description: 'In order, and each frame once per connection.',
        messages: refs(streamed, 'events'),
      },
      sendFrames: {
        action: 'send',
        channel: { $ref: '#/channels/ws' },
        summary: 'Frames over a WebSocket',
        description: 'In order, and each frame once per connection.',
        messages: refs(sent, 'ws'),
      },
    },
    components: {
      messages: Object.fromEntries([...sent, ...FROM_CLIENTS].map((message) => [message.name, message])),
      securitySchemes: {
        bearer: {
          type: 'http',
          scheme: 'bearer',
          bearerFormat: 'JWT',
          description: 'An access token, or an API key with the scope `read`.',
        },
      },
    },
  };
}

function server(protocol: string, description: string): object {
  return {
    host: '{host}',
    protocol,
    description,
    variables: { host: { default: 'localhost:3000', description: 'Host of the API.' } },
    security: [{ $ref: '#/components/securitySchemes/bearer' }],
  };
}

function frameMessage({ type, summary, schema }: FrameType): Message {
  const { $schema: _, ...payload } = z.toJSONSchema(schema, { target: 'draft-7' });
  return {
    ...messageOf(type, summary),
    payload: {
      type: 'object',
      required: ['id', 'type', 'occurredAt', 'payload'],
      properties: {
        id: ID,
        type: { const: type },
        occurredAt: {
          type: 'string',
          format: 'date-time',
          description: 'Time of the event, in UTC with milliseconds.',
        },
        payload,
      },
    },
  };
}

function messageOf(name: string, summary: string): Omit<Message, 'payload'> {
  return { name, title: name, summary, contentType: 'application/json' };
}
