import { Controller, Get, Headers, Query, Req, Res } from '@nestjs/common';
import { ApiHeader, ApiTags } from '@nestjs/swagger';
import {
  type Caller,
  CurrentCaller,
  defineRatePolicy,
  Explain,
  Field,
  LongLived,
  Problems,
  RateLimit,
  trustedOrigins,
  WebSettings,
} from '@rookery/web';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Connections } from './connections';
import { EventStreams } from './event-streams';
import { RealtimeGateway } from './gateway';
import { admit, checkHandshake, HANDSHAKE_PROBLEMS } from './handshake';
import { MAX_ID_LENGTH } from './socket';
import { Streams } from './streams';

/** The group of the operations in the API description. */
export const REALTIME_TAG = {
  name: 'Realtime',
  description: 'Receive events over a WebSocket or Server-Sent Events.',
};

const connecting = defineRatePolicy('realtime-connect', {
  quota: '60/60',
  per: ['ip', 'account'],
  doc: 'Opening a WebSocket or an event stream, per address and per account.',
});

const RESUME =
  'The first frame is `ready`. Its payload says whether all frames since `lastEventId` follow. Frames are kept for at least five minutes. `/v1/asyncapi.json` describes the frames.';

class ResumeQuery {
  @Field.text({
    max: MAX_ID_LENGTH,
    optional: true,
    description: 'Id of the last frame that was received.',
    example: '019aa8f2-5a20-7d8f-9c41-00000000002a',
  })
  lastEventId?: string;
}

/** Frames over a WebSocket. */
@ApiTags(REALTIME_TAG.name)
@Controller('ws')
export class ConnectRealtimeRoute {
  private readonly origins: ReadonlySet<string>;

  constructor(
    private readonly connections: Connections,
    private readonly gateway: RealtimeGateway,
    settings: WebSettings,
  ) {
    this.origins = trustedOrigins(settings);
  }

  @Get()
  @LongLived()
  @RateLimit(connecting)
  @Explain({
    operationId: 'connectRealtime',
    summary: 'Connect a WebSocket',
    description: `${RESUME} A browser sends the token as a subprotocol: \`rookery.v1, bearer.<token>\`. The origin of the page must be in \`CORS_ORIGINS\`.`,
    ok: { status: 101, description: 'The connection is upgraded to a WebSocket.' },
    rejects: [...HANDSHAKE_PROBLEMS, Problems.tooManyConnections],
  })
  connect(
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
    @Query() { lastEventId }: ResumeQuery,
    @CurrentCaller() { userId }: Caller,
  ): void {
    const { ip, raw } = request;
    const handshake = checkHandshake(raw, this.origins);
    const token = raw.headers.authorization!.replace(/^\w+ +/, '');
    const opener = { kind: 'websocket', userId, ip, token } as const;
    const release = this.connections.reserve(opener);
    admit(raw, { opener, lastEventId, release });
    const { response, socket } = handshake;
    reply.hijack();
    response.statusCode = 101;
    response.detachSocket(socket as never);
    if (!this.gateway.upgrade(raw, handshake)) release();
    response.emit('finish'); // the request has ended, so it is logged and counted
  }
}

/** Frames as Server-Sent Events. */
@ApiTags(REALTIME_TAG.name)
@Controller('events')
export class StreamEventsRoute {
  constructor(
    private readonly eventStreams: EventStreams,
    private readonly streams: Streams,
  ) {}

  @Get()
  @LongLived()
  @RateLimit(connecting)
  @ApiHeader({
    name: 'Last-Event-ID',
    required: false,
    description: 'Id of the last frame that was received. Browsers send it automatically.',
    schema: { type: 'string', maxLength: MAX_ID_LENGTH },
  })
  @Explain({
    operationId: 'streamEvents',
    summary: 'Stream frames as Server-Sent Events',
    description: `${RESUME} Each event has the id and the type of a frame, and the frame itself as data.`,
    ok: { mediaType: 'text/event-stream', description: 'An endless stream.' },
    rejects: [Problems.tooManyConnections],
  })
  stream(
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
    @Query() query: ResumeQuery,
    @Headers('last-event-id') lastEventId: string | undefined,
    @CurrentCaller() { userId }: Caller,
  ): Promise<void> {
    const after = lastEventId || query.lastEventId;
    return this.eventStreams.serve(request, reply, (signal) =>
      this.streams.follow(userId, { after, ready: true }, signal),
    );
  }
}
