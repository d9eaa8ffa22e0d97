import { newId } from '@rookery/domain';
import { frameId, seqOfFrameId } from './frame-id';

describe('The id of a frame', () => {
  const userId = '01970000-0000-7000-8000-000000000001';
  const at = new Date('2026-11-22T10:00:00.123Z');

  it.each([0, 1, 255, 2 ** 32 + 7, 2 ** 48 - 1])('is a UUIDv7 that holds the number %d', (seq) => {
    const id = frameId(userId, seq, at);
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(parseInt(id.replace('-', '').slice(0, 12), 16)).toBe(at.getTime());
    expect(seqOfFrameId(userId, id)).toBe(seq);
    expect(seqOfFrameId(userId, id.toUpperCase())).toBe(seq);
  });

  it('is not one of another stream', () => {
    expect(seqOfFrameId(newId(), frameId(userId, 7, at))).toBeUndefined();
  });

  it.each(['', '7', newId().slice(1), `${frameId(userId, 7, at)}0`, 'zzzzzzzz-0000-7000-8000-000000000001'])(
    'is not %p',
    (text) => expect(seqOfFrameId(userId, text)).toBeUndefined(),
  );

  it('differs from every other id in the system, so that those are not taken for a position', () => {
    const ids = Array.from({ length: 1_000 }, () => newId());
    expect(ids.filter((id) => seqOfFrameId(userId, id) !== undefined)).toEqual([]);
  });
});
