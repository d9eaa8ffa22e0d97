/**
 * Who is signed in, in this tab and in the others (docs/guides/browser.md).
 *
 * - The access token is in the memory of the tab and nowhere else. It works for 15 minutes.
 * - The refresh token is in an HttpOnly cookie: no script can read it, also none that an attacker gets into the page.
 * - The browser sends that cookie by itself, so a request that uses it also carries the CSRF token of the session. A tab
 *   that has just opened asks for it.
 */
import { send } from './http.js';

const LOCK = 'rookery-example.refresh';
/** A token that expires during a request is of no use. */
const MARGIN_MS = 30_000;

let access = { token: '', expiresAt: 0 };
let csrfToken = '';
let user = null;
let refreshing;
const listeners = new Set();
/** Tells the other tabs that somebody has signed in or out. */
const tabs = new BroadcastChannel('rookery-example.session');

/** @returns {{ id: string, username: string, name: string } | null} who is signed in */
export const currentUser = () => user;

/** @param {() => void} listener called when somebody signs in or out, in any tab */
export const onSessionChange = (listener) => listeners.add(listener);

/** @returns {Promise<{ mfaToken: string } | undefined>} what a second factor is needed for; undefined if signed in */
export async function signIn(email, password) {
  return begin('/auth/login', { email, password, tokenDelivery: 'cookie' });
}

/** The code from the authenticator app, after `signIn` has returned an `mfaToken`. */
export async function completeSignIn(mfaToken, code) {
  return begin('/auth/mfa', { mfaToken, code });
}

/** The code from the mail. It also signs in. */
export async function verifyEmail(email, code) {
  return begin('/auth/verify', { email, code, tokenDelivery: 'cookie' });
}

export async function signOut() {
  try {
    const headers = { authorization: `Bearer ${await accessToken()}`, 'x-csrf-token': csrfToken };
    await send('POST', '/auth/logout', { body: {}, headers });
  } catch (problem) {
    // The session has ended elsewhere.
    if (problem.status !== 401) throw problem;
  }
  forget();
  announce();
}

/** Continues the session of the cookie, if there is one: after the page was loaded, or another tab has changed it. */
export async function resume() {
  try {
    await readCsrfToken();
    await refresh();
  } catch (problem) {
    if (problem.status === 401) forget();
  }
}

/** @returns {Promise<string>} a token that is valid for a while */
export async function accessToken() {
  if (Date.now() > access.expiresAt - MARGIN_MS) await refresh();
  return access.token;
}

/**
 * Gets a new access token. A tab has one such request at a time, and the tabs take turns: each refresh may replace the
 * cookie that they share.
 *
 * @throws {Problem} 401 if the session has ended
 */
export function refresh() {
  refreshing ??= navigator.locks
    .request(LOCK, rotate)
    .catch((problem) => {
      // Signed out elsewhere, or the session has expired. Without a network it may well be alive.
      if (problem.status === 401) forget();
      throw problem;
    })
    .finally(() => (refreshing = undefined));
  return refreshing;
}

async function rotate() {
  const post = () => send('POST', '/auth/refresh', { body: {}, headers: { 'x-csrf-token': csrfToken } });
  const { data } = await post().catch(async (problem) => {
    if (problem.code !== 'identity.csrf-token-invalid') throw problem;
    // Another tab has signed in to another account: follow.
    await readCsrfToken();
    return post();
  });
  keep(data);
}

async function readCsrfToken() {
  ({ csrfToken } = (await send('POST', '/auth/csrf-token')).data);
}

async function begin(path, body) {
  const { data } = await send('POST', path, { body });
  if (data.mfaRequired) return { mfaToken: data.mfaToken };
  keep(data);
  announce();
  return undefined;
}

function keep(tokens) {
  access = { token: tokens.accessToken, expiresAt: Date.now() + tokens.expiresIn * 1000 };
  csrfToken = tokens.csrfToken;
  become(tokens.user);
}

function forget() {
  access = { token: '', expiresAt: 0 };
  csrfToken = '';
  become(null);
}

function become(next) {
  const changed = user?.id !== next?.id;
  user = next;
  if (changed) for (const listener of listeners) listener();
}

function announce() {
  // Only pages of this origin hear a channel.
  // oxlint-disable-next-line unicorn/require-post-message-target-origin
  tabs.postMessage('changed');
}

tabs.addEventListener('message', () => void resume());
