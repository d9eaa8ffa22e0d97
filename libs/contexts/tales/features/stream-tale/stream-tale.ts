import { Readable } from 'node:stream';
import { Controller, Get, Headers, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { NotFound, Rejection } from '@rookery/domain';
import { type Caller, CurrentCaller, Explain, LongLived, UuidParam } from '@rookery/web';
import type { FastifyReply } from 'fastify';
import { MAX_STREAM_MS, placeOf, TaleStreams } from '../../services/tale-stream';
import { TaleViews } from '../../views/tale';

/** Milliseconds that a client which does not read may hold a stream beyond its time. */
const GRACE_MS = 10_000;

@ApiTags('Tales')
@Controller('tales')
export class StreamTaleRoute {
  constructor(
    private readonly streams: TaleStreams,
    private readonly tales: TaleViews,
  ) {}

  @Get(':id/stream')
  @LongLived()
  @Explain({
    operationId: 'streamTale',
    summary: 'Follow one of your stories while it is written',
    description:
      'Server-sent events: frames `tale.progress` with the text that there is and then with what is added, at last `tale.ready` or `tale.failed`. `offset` counts the characters (code points) before the text; an offset of 0 begins anew. A stream lasts at most five minutes; reconnecting with `Last-Event-ID` continues it. After the end of a tale, that is answered with 204, which tells an EventSource to stop.',
    ok: { mediaType: 'text/event-stream', description: 'The story as it grows.' },
    rejects: [NotFound],
  })
  async stream(
    @UuidParam() id: string,
    @CurrentCaller() { userId }: Caller,
    @Headers('last-event-id') lastEventId: string | undefined,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const place = placeOf(lastEventId);
    const offset = place.offset === 'end' ? 0 : place.offset;
    const first = await this.tales.growth(id, userId, place.claim, offset);
    if (!first) throw new Rejection(NotFound);
    const isOver = first.status !== 'requested' && first.status !== 'generating';
    if (isOver && place.offset === 'end') return void reply.code(204).send();
    const cutOff = setTimeout(() => reply.raw.destroy(), MAX_STREAM_MS + GRACE_MS).unref();
    reply.raw.once('close', () => clearTimeout(cutOff));
    void reply
      .type('text/event-stream; charset=utf-8')
      .header('x-accel-buffering', 'no')
      .send(Readable.from(this.streams.follow(id, userId, place, first), { objectMode: false }));
  }
}
