import { setTimeout as pause } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { counter } from '@rookery/observability';
import { isDatabaseUnavailable } from '@rookery/persistence';
import { Frame } from './frame';
import { seqOfFrameId } from './frame-id';
import { HintListener } from './hint-listener';
import { PAGE, StoredFrames } from './stored-frames';

const resumesTotal = counter({
  name: 'rookery_realtime_resumes_total',
  help: 'Clients that came back with the id of their last frame, by outcome: resumed, missed.',
  labels: ['outcome'],
});

/** Milliseconds between two attempts while PostgreSQL is away; up to twice that, so that not all ask at once. */
const RETRY_MS = 500;

/** What to follow of a stream. */
export interface Following {
  /** Id of the last frame that the client has received; without it only new frames are sent. */
  after?: string | undefined;
  /** Only frames of these types. */
  types?: readonly string[];
  /** Only frames that it is true for. */
  where?: (frame: Frame) => boolean;
  /** Begins with a frame of type `ready`, which says whether the client has missed anything. */
  ready?: boolean;
}

/** Frames are missing that the follower has not received: it was slower than they are kept. */
export class StreamGap extends Error {}

/** The streams of frames, to be followed. */
@Injectable()
export class Streams {
  constructor(
    private readonly listener: HintListener,
    private readonly stored: StoredFrames,
  ) {}

  /**
   * Follows the stream of a user: what was stored after a frame, then what comes. Every frame comes once and in order.
   * The next one is read when it is asked for, so a slow reader holds a page of frames at most, however many wait.
   *
   * @param signal ends it
   * @throws StreamGap if frames were deleted before the follower asked for them
   * @throws Error if PostgreSQL does not answer at the beginning; later it is asked again until it does
   */
  async *follow(
    userId: string,
    { after, types, where, ready = false }: Following,
    signal: AbortSignal,
  ): AsyncGenerator<Frame> {
    // Before the place is read: what is stored after that is hinted at.
    const stream = await this.listener.join(userId);
    try {
      const asked = after === undefined ? undefined : seqOfFrameId(userId, after);
      const { latest, complete } = await this.stored.startAt(userId, asked ?? 0);
      const resumed = asked !== undefined && complete;
      if (after !== undefined) resumesTotal.inc({ outcome: resumed ? 'resumed' : 'missed' });
      let position = resumed ? asked : latest;
      stream.reach(latest);
      if (ready) yield frameOf(userId, position, 'ready', { resumed });
      let seen = position;
      while (!signal.aborted) {
        await stream.longerThan(seen, signal);
        if (signal.aborted) return;
        const known = stream.latest;
        const frames = await this.read(userId, position, signal);
        for (const frame of frames) {
          if (frame.seq !== position + 1) throw new StreamGap(`Frames after ${position} are gone.`);
          position = frame.seq;
          if (types && !types.includes(frame.type)) continue;
          if (where && !where(frame)) continue;
          yield frame;
          if (signal.aborted) return;
        }
        // A full page may not be all that is known of.
        seen = frames.length === PAGE ? position : Math.max(known, position);
      }
    } finally {
      stream.leave();
    }
  }

  /** A moment without PostgreSQL must not make every client connect again. */
  private async read(userId: string, position: number, signal: AbortSignal): Promise<Frame[]> {
    while (!signal.aborted) {
      try {
        return await this.stored.after(userId, position);
      } catch (error) {
        if (!isDatabaseUnavailable(error)) throw error;
        await pause(RETRY_MS * (1 + Math.random()), undefined, { signal }).catch(() => undefined);
      }
    }
    return [];
  }
}

/** @returns a frame that is not stored; a client that comes back with its id continues after the latest before it. */
export function frameOf(userId: string, seq: number, type: string, payload: object): Frame {
  return new Frame(userId, seq, type, new Date(), JSON.stringify(payload));
}
