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
  help: 'Clients that reconnected with the id of their last frame, by outcome: resumed, missed.',
  labels: ['outcome'],
});

/** Milliseconds between two attempts while PostgreSQL is down; up to twice as long, to spread the load. */
const RETRY_MS = 500;

/** Options for following a stream. */
export interface Following {
  /** Id of the last frame that the client has received; without it only new frames are sent. */
  after?: string | undefined;
  /** Only frames of these types. */
  types?: readonly string[];
  /** Only frames for which it returns true. */
  where?: (frame: Frame) => boolean;
  /** Whether to start with a frame of type `ready`, which says whether the client has missed frames. */
  ready?: boolean;
}

/** The follower was so slow that frames were deleted before it received them. */
export class StreamGap extends Error {}

/** The streams of frames. */
@Injectable()
export class Streams {
  constructor(
    private readonly listener: HintListener,
    private readonly stored: StoredFrames,
  ) {}

  /**
   * Follows the stream of a user: returns the stored frames after a given one, then new ones. Each frame is returned
   * once and in order. Frames are read on demand, so a slow reader holds at most one page of frames in memory.
   *
   * @param signal ends it
   * @throws StreamGap if frames were deleted before the follower read them
   * @throws Error if PostgreSQL does not respond at the start; later failures are retried
   */
  async *follow(
    userId: string,
    { after, types, where, ready = false }: Following,
    signal: AbortSignal,
  ): AsyncGenerator<Frame> {
    // Join before reading the position, so that hints about all later frames are received.
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
        // After a full page there can be more frames.
        seen = frames.length === PAGE ? position : Math.max(known, position);
      }
    } finally {
      stream.leave();
    }
  }

  /** A short outage of PostgreSQL must not make every client reconnect. */
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

/**
 * @returns a frame that is not stored; a client that reconnects with its id continues after the latest stored frame
 *   before it.
 */
export function frameOf(userId: string, seq: number, type: string, payload: object): Frame {
  return new Frame(userId, seq, type, new Date(), JSON.stringify(payload));
}
