import { setTimeout as pause } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import type { FrameType } from '@rookery/realtime';
import { Drain } from '@rookery/web';
import { TaleEnded, TaleProgress, TaleReady } from '../frames';
import { failureOf, type Growth, TaleViews } from '../views/tale';

/** Milliseconds between two looks at a growing tale. */
const STEP_MS = 500;
const HEARTBEAT_MS = 15_000;
/** Milliseconds after which a client has to connect again, with a token that is valid then. */
export const MAX_STREAM_MS = 300_000;
/** Streams of one user that a process serves; one more ends the oldest. */
const MAX_STREAMS = 8;
const RETRY = 'retry: 2000\n\n';
const END = 'end';

/** Where a client stands: of which text it has how many characters, or that it knows the end. */
export interface Place {
  claim: number;
  offset: number | typeof END;
}

/** The end of a tale, as a frame; its type and payload belong together. */
interface End {
  // oxlint-disable-next-line typescript/no-explicit-any -- a frame type takes exactly its own payload
  type: FrameType<any>;
  payload: object;
}

/** @returns the frame that ends a tale; undefined while it is not finished */
export function endOf(taleId: string, { status, title, words, length, failure }: Growth): End | undefined {
  if (status === 'ready')
    return {
      type: TaleReady,
      payload: { taleId, status, title: title ?? '', words: words ?? 0, characters: length },
    };
  if (status === 'failed' || status === 'cancelled')
    return { type: TaleEnded, payload: { taleId, status, ...(failure && { failure: failureOf(failure) }) } };
  return undefined;
}

/** @returns the place that a `Last-Event-ID` stands for; the beginning where it stands for none */
export function placeOf(lastEventId: unknown): Place {
  const [, claim, offset] = /^(\d{1,9})-(\d{1,6}|end)$/.exec(String(lastEventId)) ?? [];
  if (claim === undefined) return { claim: 0, offset: 0 };
  return { claim: Number(claim), offset: offset === END ? END : Number(offset) };
}

/** Tales as streams of server-sent events. They are read from the database, so any process can serve any of them. */
@Injectable()
export class TaleStreams {
  private readonly open = new Map<string, Set<AbortController>>();

  constructor(
    private readonly drain: Drain,
    private readonly tales: TaleViews,
  ) {}

  /**
   * Follows a tale to its end: what there is of it, then what is added.
   *
   * @param first the tale as it is
   * @param place where the client stands
   * @returns text of server-sent events; it ends with the tale, or earlier with `retry:`
   */
  async *follow(
    taleId: string,
    userId: string,
    place: Place,
    first: Growth,
  ): AsyncGenerator<string, void, void> {
    const closing = this.enter(userId);
    try {
      yield RETRY;
      yield* this.events(taleId, userId, place, first, closing.signal);
    } finally {
      this.leave(userId, closing);
    }
  }

  private async *events(
    taleId: string,
    userId: string,
    place: Place,
    first: Growth,
    closing: AbortSignal,
  ): AsyncGenerator<string, void, void> {
    const until = performance.now() + MAX_STREAM_MS;
    let { claim } = place;
    let has = place.offset === END ? 0 : place.offset;
    let heardAt = performance.now();
    for (let tale: Growth | undefined = first; tale;) {
      const isSame = tale.claim === claim;
      const isVoid = !isSame && has > 0 && tale.claim > 0;
      if (tale.text !== '' || isVoid) {
        const offset = isSame ? has : 0;
        [claim, has] = [tale.claim, tale.text === '' ? 0 : tale.length];
        const { text, title } = tale;
        const payload = { taleId, offset, text, ...(title !== null && { title }) };
        yield eventOf(`${claim}-${has}`, TaleProgress.type, payload);
        heardAt = performance.now();
      }
      const end = endOf(taleId, tale);
      if (end) yield eventOf(`${claim}-${END}`, end.type.type, end.payload);
      if (end || this.drain.draining || closing.aborted || performance.now() > until) return;
      if (performance.now() - heardAt > HEARTBEAT_MS) {
        yield ': still being written\n\n';
        heardAt = performance.now();
      }
      await pause(STEP_MS, undefined, { signal: closing }).catch(() => undefined);
      tale = await this.tales.growth(taleId, userId, claim, has);
    }
  }

  private enter(userId: string): AbortController {
    const controller = new AbortController();
    const streams = this.open.get(userId) ?? new Set();
    this.open.set(userId, streams.add(controller));
    if (streams.size > MAX_STREAMS) {
      const [oldest] = streams;
      oldest!.abort();
      streams.delete(oldest!);
    }
    return controller;
  }

  private leave(userId: string, controller: AbortController): void {
    const streams = this.open.get(userId);
    streams?.delete(controller);
    if (streams?.size === 0) this.open.delete(userId);
  }
}

/** A frame as a server-sent event; JSON has no line breaks of its own. */
function eventOf(id: string, type: string, payload: object): string {
  const frame = { id, type, occurredAt: new Date().toISOString(), payload };
  return `id: ${id}\nevent: ${type}\ndata: ${JSON.stringify(frame)}\n\n`;
}
