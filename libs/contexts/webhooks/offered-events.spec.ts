import { NIL_UUID, newId } from '@rookery/domain';
import { SessionRevoked } from '../identity/contract';
import { NotificationCreated } from '../notifications/contract';
import { CommentAdded, PostCreated, UserBlocked, UserFollowed, UserUnfollowed } from '../social/contract';
import {
  interestsIn,
  interestsOf,
  OFFERED_EVENTS,
  OFFERED_TYPES,
  type Ports,
  toldOf,
} from './offered-events';

const [ada, bob, post] = [newId(), newId(), newId()];
const ports = {
  headlines: { find: async () => new Map([[post, { id: post, authorId: ada, title: 'x' }]]) },
} as unknown as Ports;

const occurring = ({ type, version }: { type: string; version: number }, data: object, actorId = ada) => ({
  type,
  version,
  subject: NIL_UUID,
  actorId,
  data,
});
const pair = { userId: ada, otherId: bob };

describe('The users whom an event concerns', () => {
  it('are who did it and to whom it was done, each only if they can see the other', async () => {
    expect(await toldOf(occurring(UserFollowed, pair), ports)).toEqual([
      { to: ada, about: [bob] },
      { to: bob, about: [ada] },
    ]);
  });

  it('are never the blocked user, nor who lost a follow by a block', async () => {
    expect(await toldOf(occurring(UserBlocked, pair), ports)).toEqual([{ to: ada, about: [] }]);
    expect(await toldOf(occurring(UserUnfollowed, pair, bob), ports)).toEqual([]);
    expect(await toldOf(occurring(UserUnfollowed, pair, ada), ports)).toEqual([{ to: ada, about: [] }]);
  });

  it('include the author of a post that somebody else comments on', async () => {
    const added = (authorId: string, postId = post) =>
      toldOf(occurring(CommentAdded, { postId, authorId }), ports);
    expect(await added(bob)).toEqual([
      { to: bob, about: [] },
      { to: ada, about: [bob] },
    ]);
    expect(await added(ada)).toEqual([{ to: ada, about: [] }]);
    expect(await added(bob, newId())).toEqual([{ to: bob, about: [] }]);
  });

  it('include users who have chosen webhooks for a kind of notification', async () => {
    const created = (channels: string[]) =>
      toldOf(occurring(NotificationCreated, { userId: ada, channels }), ports);
    expect(await created(['mail', 'webhook'])).toEqual([{ to: ada, about: [] }]);
    expect(await created(['mail'])).toEqual([]);
  });

  it('are none for an event that is not offered, or of another version', async () => {
    expect(await toldOf(occurring({ type: 'identity.password-changed', version: 1 }, pair), ports)).toEqual(
      [],
    );
    expect(await toldOf(occurring({ type: UserFollowed.type, version: 2 }, pair), ports)).toEqual([]);
  });
});

describe('The interest keys of webhooks', () => {
  it('match the keys of events that concern their owners', () => {
    const events = [occurring(PostCreated, { authorId: ada }), occurring(SessionRevoked, { userId: ada })];
    for (const event of events) {
      expect(interestsIn(event)).toEqual(interestsOf([event.type], ada));
      expect(interestsOf([event.type], bob)).not.toEqual(expect.arrayContaining(interestsIn(event)));
    }
    const commented = occurring(CommentAdded, { postId: post, authorId: bob });
    expect(interestsOf([CommentAdded.type], ada)).toEqual(expect.arrayContaining(interestsIn(commented)));
  });
});

describe('The events that are offered', () => {
  it('are declared once for each version, and never the inner ones of webhooks', () => {
    expect(new Set(OFFERED_EVENTS).size).toBe(OFFERED_EVENTS.length);
    expect(OFFERED_TYPES.filter((type) => type.startsWith('webhooks.'))).toEqual([]);
  });
});
