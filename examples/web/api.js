/**
 * The operations that this app needs, named as in `/v1/openapi.json`. A larger app generates this file from there.
 */
import { send } from './http.js';
import { accessToken, refresh } from './session.js';

const MAX_ATTEMPTS = 3;
const MAX_WAIT_SECONDS = 10;

/** Public: it needs no token. */
export const register = (body, key) =>
  send('POST', '/auth/register', { body, headers: { 'idempotency-key': key } });
export const resendVerification = (email) => send('POST', '/auth/verify/resend', { body: { email } });

export const getMe = () => request('GET', '/me');
/** @param {string} etag of the version that the user has edited: nobody's changes are overwritten unseen. */
export const updateMe = (body, etag) => request('PATCH', '/me', { body, headers: { 'if-match': etag } });

export const getUser = (id) => data(request('GET', `/users/${id}`));
export const findUser = async (username) =>
  (await data(request('GET', `/users?${new URLSearchParams({ username })}`))).data[0];

export const followUser = (id) => request('PUT', `/users/${id}/follow`);
export const unfollowUser = (id) => request('DELETE', `/users/${id}/follow`);
export const blockUser = (id) => request('PUT', `/users/${id}/block`);
export const unblockUser = (id) => request('DELETE', `/users/${id}/block`);
export const listBlocked = (cursor) => list('/me/blocks', { cursor });

export const getFeed = (cursor) => list('/feed', { cursor });
export const listPosts = (cursor) => list('/posts', { cursor });
export const listUserPosts = (id, cursor) => list(`/users/${id}/posts`, { cursor });
export const getPost = (id) => data(request('GET', `/posts/${id}`));
export const createPost = (body, key) => data(request('POST', '/posts', { body, key }));
export const likePost = (id) => request('PUT', `/posts/${id}/like`);
export const unlikePost = (id) => request('DELETE', `/posts/${id}/like`);
export const listComments = (id, cursor) => list(`/posts/${id}/comments`, { cursor, sort: 'asc' });
export const createComment = (id, body, key) => data(request('POST', `/posts/${id}/comments`, { body, key }));

/**
 * A page of a list: `{ data, page: { nextCursor } }`. The cursor is opaque: pass it on as it is, and only to its list.
 */
function list(path, { cursor, ...query }) {
  const search = new URLSearchParams({ limit: '10', ...query, ...(cursor && { cursor }) });
  return data(request('GET', `${path}?${search}`));
}

async function data(answer) {
  return (await answer).data;
}

/**
 * A request of the user who is signed in.
 *
 * A token that the server no longer accepts is refreshed once. What failed for a moment is repeated, if repeating cannot
 * do it twice: GET, PUT and DELETE are idempotent, POST and PATCH are with a key.
 *
 * `If-None-Match` needs no code: a response with an `ETag` is in the browser's cache, which asks whether it has changed.
 *
 * @param {{ body?: object, key?: string, headers?: Record<string, string> }} [options] `key`: see `formKey` in forms.js
 */
async function request(method, path, { body, key, headers } = {}) {
  const repeatable = key !== undefined || !['POST', 'PATCH'].includes(method);
  let refreshed = false;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await send(method, path, {
        body,
        headers: {
          ...headers,
          authorization: `Bearer ${await accessToken()}`,
          ...(key && { 'idempotency-key': key }),
        },
      });
    } catch (problem) {
      if (problem.code === 'auth.unauthenticated' && !refreshed) {
        refreshed = true;
        await refresh();
        continue;
      }
      const wait = problem.retryAfterSeconds ?? attempt;
      const momentary = [0, 429, 503].includes(problem.status) || problem.code === 'idempotency.in-progress';
      if (!momentary || !repeatable || attempt === MAX_ATTEMPTS || wait > MAX_WAIT_SECONDS) throw problem;
      await new Promise((resolve) => setTimeout(resolve, wait * 1000));
    }
  }
}
