import { Relationship } from './relationship';

const now = new Date('2026-01-01T00:00:00Z');
const later = new Date('2026-01-02T00:00:00Z');
const pair = {
  userId: '01890000-0000-7000-8000-000000000001',
  otherId: '01890000-0000-7000-8000-000000000002',
};
const rejecting = (code: string) => expect.objectContaining({ code });

describe('A relationship', () => {
  let relationship: Relationship;

  beforeEach(() => {
    relationship = Relationship.between(pair.userId, pair.otherId);
  });

  const told = () => relationship.takeEvents().map(({ definition, data }) => [definition.type, data]);
  const state = () => {
    const { followedAt, blockedAt, mutedAt } = relationship.snapshot();
    return { followedAt, blockedAt, mutedAt };
  };
  const nothing = { followedAt: null, blockedAt: null, mutedAt: null };

  it('is empty at first, without events', () => {
    expect(state()).toEqual(nothing);
    expect(relationship).toMatchObject({ following: false, blocking: false, muting: false, version: 0 });
    expect(told()).toEqual([]);
  });

  it('is locked by another transaction', () => {
    expect(() => Relationship.between(pair.userId, pair.userId)).toThrow(rejecting('social.self'));
  });

  it.each([
    ['follow', 'unfollow', 'following', 'followedAt', 'followed'],
    ['block', 'unblock', 'blocking', 'blockedAt', 'blocked'],
    ['mute', 'unmute', 'muting', 'mutedAt', 'muted'],
  ] as const)('lets the user %s and %s; twice is once', (begin, end, wanting, at, word) => {
    expect(relationship[end]()).toBe(false);
    expect(relationship[begin](now)).toBe(true);
    expect(relationship[wanting]).toBe(true);
    expect(state()).toEqual({ ...nothing, [at]: now });
    expect(relationship[begin](later)).toBe(false);
    expect(state()).toEqual({ ...nothing, [at]: now });
    expect(told()).toEqual([[`social.user-${word}`, pair]]);

    expect(relationship[end]()).toBe(true);
    expect(relationship[wanting]).toBe(false);
    expect(state()).toEqual(nothing);
    expect(relationship[end]()).toBe(false);
    expect(told()).toEqual([[`social.user-un${word}`, pair]]);
  });

  it('ends the follow with a block, and says so before the block', () => {
    relationship.follow(now);
    relationship.takeEvents();
    relationship.block(later);
    expect(state()).toEqual({ ...nothing, blockedAt: later });
    expect(told().map(([type]) => type)).toEqual(['social.user-unfollowed', 'social.user-blocked']);
  });

  it('does not follow a blocked user', () => {
    relationship.block(now);
    relationship.takeEvents();
    expect(() => relationship.follow(later)).toThrow(rejecting('social.blocked'));
    expect(state()).toEqual({ ...nothing, blockedAt: now });
    expect(told()).toEqual([]);
  });

  it('does not follow again by itself when the block ends', () => {
    relationship.follow(now);
    relationship.block(now);
    relationship.unblock();
    expect(relationship.following).toBe(false);
    expect(relationship.follow(later)).toBe(true);
  });

  it('mutes whomever the user follows or blocks', () => {
    relationship.follow(now);
    expect(relationship.mute(now)).toBe(true);
    relationship.block(later);
    expect(state()).toEqual({ followedAt: null, blockedAt: later, mutedAt: now });
  });

  it('counts its versions by its events', () => {
    relationship.follow(now);
    relationship.block(now);
    expect(relationship.takeEvents().map(({ sequence }) => sequence)).toEqual([1, 2, 3]);
    expect(relationship.version).toBe(3);
  });
});
