import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { contexts } from '@rookery/contexts';
import { enroll, PASSWORD, signUp } from '@rookery/contexts/identity/testing';
import { comment, publish } from '@rookery/contexts/social/testing';
import { type Ask, eventually, type Person } from '@rookery/testing';
import { ownSystem } from '@rookery/testing/own-system';
import { type Asked, askedDuring } from '@rookery/testing/statements';

/** What each operation may ask of PostgreSQL and Redis, with warm caches: exactly this, see docs/performance.md. */
const budget = JSON.parse(readFileSync(resolve('bench/budget.json'), 'utf8')) as Record<string, Asked>;

const DRAFT = { title: 'Swifts are back', content: 'Saw the first three.', tags: ['birds'] };

describe('What an operation asks of PostgreSQL and Redis', () => {
  const system = ownSystem(contexts, {
    RATE_LIMIT_ENABLED: 'true',
    RATE_LIMIT_DEFAULT: '100000/1',
    RATE_LIMIT_LOGIN: '100000/1',
    RATE_LIMIT_LIKE: '100000/1',
  });
  let ada: Person;
  let bob: Person;
  let post: { id: string; version: number };
  let number = 0;

  beforeAll(async () => {
    [ada, bob] = [await signUp(system), await enroll(system)];
    post = await publish(system, ada);
    await comment(system, bob, post.id);
    await system.ask(`PUT /v1/users/${ada.id}/follow`, { token: bob.token });
  });

  const request = (route: string, ask: () => Ask = () => ({}), status = 200) => ({ route, ask, status });
  interface Operation {
    route: string;
    ask: () => Ask;
    status: number;
    /** What has to be so before each request. */
    before?: () => Promise<unknown>;
  }
  const operations: Record<string, () => Operation> = {
    getLiveness: () => request('GET /livez'),
    getMe: () => request('GET /v1/me', () => ({ token: ada.token })),
    getUser: () => request(`GET /v1/users/${ada.id}`, () => ({ token: bob.token })),
    getPost: () => request(`GET /v1/posts/${post.id}`, () => ({ token: bob.token })),
    getFeed: () => request('GET /v1/feed?limit=20', () => ({ token: bob.token })),
    listComments: () => request(`GET /v1/posts/${post.id}/comments`, () => ({ token: bob.token })),
    listPosts: () => request('GET /v1/posts', () => ({ token: bob.token })),
    'listPosts with tags': () => request('GET /v1/posts?tags=birds', () => ({ token: bob.token })),
    'listPosts with a search': () => request('GET /v1/posts?search=swifts', () => ({ token: bob.token })),
    listTags: () => request('GET /v1/tags', () => ({ token: bob.token })),
    listLikes: () => request(`GET /v1/posts/${post.id}/likes`, () => ({ token: bob.token })),
    likePost: () => ({
      ...request(`PUT /v1/posts/${post.id}/like`, () => ({ token: bob.token }), 204),
      before: () => system.ask(`DELETE /v1/posts/${post.id}/like`, { token: bob.token }),
    }),
    unlikePost: () => ({
      ...request(`DELETE /v1/posts/${post.id}/like`, () => ({ token: bob.token }), 204),
      before: () => system.ask(`PUT /v1/posts/${post.id}/like`, { token: bob.token }),
    }),
    createPost: () => request('POST /v1/posts', () => ({ token: ada.token, body: DRAFT }), 201),
    'createPost with an Idempotency-Key': () =>
      request(
        'POST /v1/posts',
        () => ({ token: ada.token, body: DRAFT, headers: { 'idempotency-key': `key ${(number += 1)}` } }),
        201,
      ),
    updatePost: () =>
      request(`PATCH /v1/posts/${post.id}`, () => ({
        token: ada.token,
        body: { title: `Swifts ${(number += 1)}` },
        headers: { 'if-match': '*' },
      })),
    createComment: () =>
      request(
        `POST /v1/posts/${post.id}/comments`,
        () => ({ token: bob.token, body: { content: 'Here too!' } }),
        201,
      ),
    login: () => request('POST /v1/auth/login', () => ({ body: { email: ada.email, password: PASSWORD } })),
  };

  it('is stated for each of them', () => {
    expect(Object.keys(budget).sort()).toEqual(Object.keys(operations).sort());
  });

  it.each(Object.keys(operations))('is what the budget says: %s', async (name) => {
    const { route, ask, status, before } = operations[name]!();
    // Again where a cache has forgotten what it knew in between.
    await eventually(async () => {
      await before?.();
      expect(await system.ask(route, ask())).toMatchObject({ status });
      await before?.();
      const asked = await askedDuring(system, () => system.ask(route, ask()));
      expect(asked).toEqual(budget[name]);
    });
  });
});
