import type { FrameType } from '@rookery/realtime';
import { TaleEnded, TaleReady } from '../frames';
import { failureOf, type Growth } from '../views/tale';

/** The last frame of a tale: a type and the payload of this type. */
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
