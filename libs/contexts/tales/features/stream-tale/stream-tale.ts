import { Controller, Get, Headers, Req, Res } from '@nestjs/common';
import { ApiHeader, ApiResponse, ApiTags } from '@nestjs/swagger';
import { NotFound, Rejection } from '@rookery/domain';
import { EventStreams, type StreamedFrame, Streams } from '@rookery/realtime';
import { type Caller, CurrentCaller, Explain, LongLived, Problems, UuidParam } from '@rookery/web';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { TaleEnded, TaleProgress, TaleReady } from '../../frames';
import { endOf } from '../../services/tale-end';
import { TaleViews } from '../../views/tale';

const END = 'end';
const TYPES = [TaleEnded.type, TaleProgress.type, TaleReady.type];

/** Position of a client: the run of the text and the number of characters it has, or that it has received the end. */
interface Place {
  claim: number;
  offset: number | typeof END;
}

@ApiTags('Tales')
@Controller('tales')
export class StreamTaleRoute {
  constructor(
    private readonly eventStreams: EventStreams,
    private readonly streams: Streams,
    private readonly tales: TaleViews,
  ) {}

  @Get(':id/stream')
  @LongLived()
  @ApiHeader({
    name: 'Last-Event-ID',
    required: false,
    description: 'Id of the last frame that was received. Browsers send it automatically.',
    schema: { type: 'string', maxLength: 16 },
  })
  @ApiResponse({ status: 204, description: 'The story has ended, and the client has all of it.' })
  @Explain({
    operationId: 'streamTale',
    summary: 'Follow one of your stories while it is written',
    description:
      'Server-sent events. `tale.progress` frames carry the text so far, and then each addition. The last frame is `tale.ready` or `tale.failed`. `offset` is the number of characters (code points) before the text of the frame. If it is 0, discard the text received before. The stream ends when the story is finished. If it ends earlier, reconnect with `Last-Event-ID` to continue. If the story was already finished, reconnecting returns 204, which tells an EventSource to stop.',
    ok: { mediaType: 'text/event-stream', description: 'The story while it is written.' },
    rejects: [NotFound, Problems.tooManyConnections],
  })
  async stream(
    @UuidParam() id: string,
    @CurrentCaller() { userId }: Caller,
    @Headers('last-event-id') lastEventId: string | undefined,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const place = placeOf(lastEventId);
    const tale = await this.tales.growth(id, userId, place.claim, 0);
    if (!tale) throw new Rejection(NotFound);
    if (place.offset === END && endOf(id, tale)) return void reply.code(204).send();
    await this.eventStreams.serve(request, reply, (signal) => this.follow(id, userId, place, signal));
  }

  /**
   * The tale is read whenever a frame for its reader says that it has changed, so an idle stream costs nothing. The
   * stream sends the stored state of the tale, not the frames: frames are not kept long enough for late clients, and do
   * not contain the whole text.
   */
  private async *follow(
    taleId: string,
    userId: string,
    place: Place,
    signal: AbortSignal,
  ): AsyncGenerator<StreamedFrame> {
    let { claim } = place;
    let has = place.offset === END ? 0 : place.offset;
    const where = ({ payload }: { payload: unknown }) => (payload as { taleId: string }).taleId === taleId;
    // After `ready` no frame is missed, so read the tale for the first time now.
    for await (const _ of this.streams.follow(userId, { types: TYPES, where, ready: true }, signal)) {
      const tale = await this.tales.growth(taleId, userId, claim, has);
      if (!tale) return;
      const isSame = tale.claim === claim;
      const isVoid = !isSame && has > 0 && tale.claim > 0;
      if (tale.text !== '' || isVoid) {
        const offset = isSame ? has : 0;
        [claim, has] = [tale.claim, tale.text === '' ? 0 : tale.length];
        const { text, title } = tale;
        const payload = { taleId, offset, text, ...(title !== null && { title }) };
        yield frameOf(`${claim}-${has}`, TaleProgress.type, payload);
      }
      const end = endOf(taleId, tale);
      if (!end) continue;
      yield frameOf(`${claim}-${END}`, end.type.type, end.payload);
      return;
    }
  }
}

/** @returns the position that a `Last-Event-ID` denotes; the beginning if it is not valid */
function placeOf(lastEventId: unknown): Place {
  const [, claim, offset] = /^(\d{1,9})-(\d{1,6}|end)$/.exec(String(lastEventId)) ?? [];
  if (claim === undefined) return { claim: 0, offset: 0 };
  return { claim: Number(claim), offset: offset === END ? END : Number(offset) };
}

function frameOf(id: string, type: string, payload: object): StreamedFrame {
  return { id, type, text: JSON.stringify({ id, type, occurredAt: new Date().toISOString(), payload }) };
}
