import { enroll } from '@rookery/contexts/identity/testing';
import { comment, like, publish } from '@rookery/contexts/social/testing';
import { type Answer, eventually, type Person, sharedSystem } from '@rookery/testing';

/** An author with content, and a viewer. */
interface Scene {
  author: Person;
  viewer: Person;
  /** Follows the author, and is followed by the author. */
  friend: Person;
  /** Username of the author; also a word in their post. */
  name: string;
  postId: string;
  /** The author's comment on their post. */
  commentId: string;
  /** A post of the friend that the author likes. */
  likedId: string;
}

/**
 * A way to see a user. If hidden, a `resource` of the author is 404, and an `entry` (the author's id) is missing from
 * the list.
 */
interface Sight {
  path: (scene: Scene) => string;
  as: 'resource' | 'entry';
}

/** Profile and follows of a user: hidden from users whom they have blocked. */
const PROFILE: Record<string, Sight> = {
  getUser: { as: 'resource', path: ({ author }) => `users/${author.id}` },
  searchUsers: { as: 'entry', path: ({ name }) => `users?search=${name}` },
  'searchUsers by username': { as: 'entry', path: ({ name }) => `users?username=${name}` },
  listFollowers: { as: 'resource', path: ({ author }) => `users/${author.id}/followers` },
  listFollowing: { as: 'resource', path: ({ author }) => `users/${author.id}/following` },
  'listFollowers of another': { as: 'entry', path: ({ friend }) => `users/${friend.id}/followers` },
  'listLikes of another': { as: 'entry', path: ({ likedId }) => `posts/${likedId}/likes` },
  'listFollowing of another': { as: 'entry', path: ({ friend }) => `users/${friend.id}/following` },
};

/** Content of a user: hidden between two users if one has blocked the other. */
const WRITING: Record<string, Sight> = {
  getPost: { as: 'resource', path: ({ postId }) => `posts/${postId}` },
  listPosts: { as: 'entry', path: () => 'posts?limit=100' },
  'listPosts with a search': { as: 'entry', path: ({ name }) => `posts?search=${name}` },
  'listPosts with a tag': { as: 'entry', path: ({ name }) => `posts?tags=${name}` },
  listLikes: { as: 'resource', path: ({ postId }) => `posts/${postId}/likes` },
  listUserPosts: { as: 'resource', path: ({ author }) => `users/${author.id}/posts` },
  getFeed: { as: 'entry', path: () => 'feed' },
  getComment: { as: 'resource', path: ({ commentId }) => `comments/${commentId}` },
  listComments: { as: 'resource', path: ({ postId }) => `posts/${postId}/comments` },
};

const ALL = { ...PROFILE, ...WRITING };

describe('Visibility of users', () => {
  const system = sharedSystem();
  let scenes = 0;

  const put = async (who: Person, path: string) =>
    expect((await system.ask(`PUT /v1/users/${path}`, { token: who.token })).status).toBe(204);
  const block = (who: Person, whom: Person) => put(who, `${whom.id}/block`);
  const ask = async (sight: Sight, scene: Scene, as = scene.viewer): Promise<Answer> => {
    const answer = await system.ask(`GET /v1/${sight.path(scene)}`, { token: as.token });
    // Like a client: a busy machine is too slow for a second's worth of search now and then.
    return answer.status === 503 ? ask(sight, scene, as) : answer;
  };

  async function set(): Promise<Scene> {
    scenes += 1;
    const name = `seen${scenes}author`;
    const [author, viewer, friend] = await Promise.all([
      enroll(system, { username: name }),
      enroll(system),
      enroll(system),
    ]);
    await put(friend, `${author.id}/follow`);
    await put(author, `${friend.id}/follow`);
    await put(viewer, `${author.id}/follow`);
    const post = await publish(system, author, { title: `About ${name}`, tags: [name] });
    const { id: likedId } = await publish(system, friend);
    await like(system, author, likedId);
    const { id: commentId } = await comment(system, author, post.id);
    return { author, viewer, friend, name, postId: post.id, commentId, likedId };
  }

  function shows(sight: Sight, { status, body }: Answer, { author }: Scene): boolean {
    if (sight.as === 'resource') return status === 200;
    return status === 200 && JSON.stringify(body.data).includes(author.id);
  }

  async function verifyShown(sight: Sight, scene: Scene, as?: Person): Promise<void> {
    await eventually(async () => shows(sight, await ask(sight, scene, as), scene));
  }

  async function verifyHidden(sight: Sight, scene: Scene): Promise<void> {
    const answer = await ask(sight, scene);
    const without = { status: 200 };
    const notFound = { status: 404, body: { code: 'resource.not-found' } };
    expect(answer).toMatchObject(sight.as === 'entry' && answer.status === 200 ? without : notFound);
    expect(shows(sight, answer, scene)).toBe(false);
  }

  describe.each(Object.entries(ALL))('%s', (_, sight) => {
    it('hides a blocker from the blocked user immediately, from nobody else, and until the block ends', async () => {
      const scene = await set();
      await verifyShown(sight, scene);
      await block(scene.author, scene.viewer);
      await verifyHidden(sight, scene);
      await verifyShown(sight, scene, scene.friend);
      const path = `/v1/users/${scene.viewer.id}/block`;
      await system.ask(`DELETE ${path}`, { token: scene.author.token });
      await put(scene.viewer, `${scene.author.id}/follow`);
      await verifyShown(sight, scene);
    });

    it('hides deleted users', async () => {
      const scene = await set();
      await verifyShown(sight, scene);
      expect((await system.ask('DELETE /v1/me', { token: scene.author.token })).status).toBe(202);
      await eventually(() => verifyHidden(sight, scene));
    });
  });

  it.each(Object.entries(PROFILE))('%s shows the blocked user to the blocker', async (_, sight) => {
    const scene = await set();
    await block(scene.viewer, scene.author);
    await verifyShown(sight, scene);
  });

  it.each(Object.entries(WRITING))(
    '%s hides from the viewer what somebody wrote whom it has blocked',
    async (_, sight) => {
      const scene = await set();
      await verifyShown(sight, scene);
      await block(scene.viewer, scene.author);
      await verifyHidden(sight, scene);
    },
  );

  it('hides a profile that is in the cache, and takes it from there again', async () => {
    const scene = await set();
    const profile = () => ask(PROFILE.getUser!, scene);
    await eventually(async () => (await profile()).headers['x-cache'] === 'HIT');
    await block(scene.author, scene.viewer);
    await verifyHidden(PROFILE.getUser!, scene);
    await system.ask(`DELETE /v1/users/${scene.viewer.id}/block`, { token: scene.author.token });
    await eventually(async () =>
      expect(await profile()).toMatchObject({ status: 200, headers: { 'x-cache': 'HIT' } }),
    );
  });

  it('hides nobody because of a mute', async () => {
    const scene = await set();
    await put(scene.author, `${scene.viewer.id}/mute`);
    for (const sight of Object.values(ALL)) await verifyShown(sight, scene);
  });
});
