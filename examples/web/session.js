/**
 * Who is signed in, in this tab and in the others.
 *
 * - The access token is in the memory of the tab and nowhere else. It works for 15 minutes.
 * - The refresh token is in an HttpOnly cookie: no script can read it, also none that an attacker gets into the page.
 * - The browser sends that cookie by itself, so a request that uses it also carries the CSRF token of the session. This
 *   one is no secret to the scripts of this origin, which is why it may be in `localStorage`. All tabs see it there, and
 *   are told when it changes.
 */
import { Problem, send } from './http.js';

const CSRF_TOKEN = 'rookery-example.csrf-token';
const LOCK = 'rookery-example.refresh';
/** A token that expires during a request is of no use. */
const MARGIN_MS = 30_000;

let access = { token: '', expiresAt: 0 };
let user = null;
let refreshing;
const listeners = new Set();

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
  const headers = { authorization: `Bearer ${await accessToken()}`, 'x-csrf-token': csrfToken() };
  await send('POST', '/auth/logout', { body: {}, headers });
  forget();
}

/** Continues the session of the cookie after the page was loaded. */
export async function resume() {
  if (csrfToken()) await refresh().catch(() => undefined);
}

/** @returns {Promise<string>} a token that is valid for a while */
export async function accessToken() {
  if (Date.now() > access.expiresAt - MARGIN_MS) await refresh();
  return access.token;
}

/**
 * Gets a new access token. A tab has one such request at a time, and the tabs take turns: each refresh replaces the
 * cookie that they share.
 *
 * @throws {Problem} 401 if the session has ended
 */
export function refresh() {
  refreshing ??= navigator.locks
    .request(LOCK, async () => {
      // Read it with the lock: another tab may have signed out.
      const token = csrfToken();
      if (!token) throw new Problem(401, { code: 'signed-out', detail: 'You are not signed in.' });
      const { data } = await send('POST', '/auth/refresh', { body: {}, headers: { 'x-csrf-token': token } });
      keep(data);
    })
    .catch((problem) => {
      // Signed out elsewhere, or the session has expired. Without a network it may well be alive.
      if (problem.status === 401 || problem.status === 403) forget();
      throw problem;
    })
    .finally(() => (refreshing = undefined));
  return refreshing;
}

async function begin(path, body) {
  const { data } = await send('POST', path, { body });
  if (data.mfaRequired) return { mfaToken: data.mfaToken };
  keep(data);
  return undefined;
}

function keep(tokens) {
  access = { token: tokens.accessToken, expiresAt: Date.now() + tokens.expiresIn * 1000 };
  localStorage.setItem(CSRF_TOKEN, tokens.csrfToken);
  become(tokens.user);
}

function forget() {
  access = { token: '', expiresAt: 0 };
  localStorage.removeItem(CSRF_TOKEN);
  become(null);
}

function become(next) {
  const changed = user?.id !== next?.id;
  user = next;
  if (changed) for (const listener of listeners) listener();
}

function csrfToken() {
  return localStorage.getItem(CSRF_TOKEN) ?? '';
}

// Another tab has signed in, out, or in as somebody else: this one follows. A refresh changes nothing here.
addEventListener('storage', ({ key, newValue }) => {
  if (key !== CSRF_TOKEN) return;
  access = { token: '', expiresAt: 0 };
  if (newValue) void refresh().catch(() => undefined);
  else become(null);
});
