import { z } from 'zod';
import { buildAsyncApi } from './asyncapi';

describe('The description of frames', () => {
  const frame = {
    type: 'suite.leaf-fell',
    summary: 'A leaf fell.',
    schema: z.object({ leafId: z.uuid(), height: z.int().optional() }),
  };
  const document = buildAsyncApi({ title: 'Suite', version: '1.2.3' }, [frame]) as {
    channels: Record<string, { messages: object }>;
  };

  it('has each declared frame, as it is sent, on both channels', () => {
    expect(document).toMatchObject({
      channels: {
        ws: { messages: { 'suite.leaf-fell': { $ref: '#/components/messages/suite.leaf-fell' } } },
        events: { messages: { 'suite.leaf-fell': { $ref: '#/components/messages/suite.leaf-fell' } } },
      },
      components: {
        messages: {
          'suite.leaf-fell': {
            summary: 'A leaf fell.',
            payload: {
              required: ['id', 'type', 'occurredAt', 'payload'],
              properties: {
                type: { const: 'suite.leaf-fell' },
                payload: {
                  type: 'object',
                  required: ['leafId'],
                  properties: { leafId: { type: 'string', format: 'uuid' }, height: { type: 'integer' } },
                },
              },
            },
          },
        },
      },
    });
  });

  it('has the frames of the connection, and of clients only what a WebSocket takes', () => {
    const { ws, events } = document.channels;
    expect(Object.keys(ws!.messages)).toEqual([
      'error',
      'pong',
      'ready',
      'suite.leaf-fell',
      'ping',
      'resume',
    ]);
    expect(Object.keys(events!.messages)).toEqual(['error', 'ready', 'suite.leaf-fell']);
  });
});
