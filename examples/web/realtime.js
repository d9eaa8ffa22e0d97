/**
 * Frames as they happen, while somebody is signed in (docs/guides/realtime.md).
 *
 * - A lost connection is opened again with the id of the last frame, so nothing is missed and nothing is shown twice.
 * - The token is a subprotocol, as a browser cannot send headers with a WebSocket, and the URL ends up in logs.
 */
import { accessToken, currentUser, onSessionChange } from './session.js';

const BASE_WAIT_MS = 500;
const MAX_WAIT_MS = 30_000;
const MAX_FRAMES = 50;

/** The latest frames, the newest first. */
export let frames = [];

const listeners = new Set();
let socket;
let timer;
let lastEventId;
let attempts = 0;

/**
 * @param {(frame?: { id: string, type: string, occurredAt: string, payload: object }) => void} listener called with each
 *   frame; with none where some may be missing, so that it reads again what it shows
 * @returns {() => void} stops it
 */
export function onFrame(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

async function connect() {
  const user = currentUser();
  if (!user) return;
  let token;
  try {
    token = await accessToken();
  } catch (problem) {
    if (problem.status !== 401) later(); // else the session has ended
    return;
  }
  if (currentUser()?.id !== user.id) return;
  const url = new URL('/v1/ws', location.href.replace(/^http/, 'ws'));
  if (lastEventId) url.searchParams.set('lastEventId', lastEventId);
  const opened = new WebSocket(url, ['rookery.v1', `bearer.${token}`]);
  socket = opened;
  opened.addEventListener('message', ({ data }) => receive(JSON.parse(data)));
  opened.addEventListener('close', ({ reason }) => {
    if (socket === opened) later(/retry-after-ms=(\d+)/.exec(reason)?.[1]);
  });
}

function receive(frame) {
  const isFirst = lastEventId === undefined;
  lastEventId = frame.id;
  if (frame.type === 'ready') {
    attempts = 0;
    if (!frame.payload.resumed && !isFirst) tell(undefined);
    return;
  }
  if (frame.type === 'error' || frame.type === 'pong' || frames.some(({ id }) => id === frame.id)) return;
  frames = [frame, ...frames].slice(0, MAX_FRAMES);
  tell(frame);
}

function tell(frame) {
  for (const listener of listeners) listener(frame);
}

/** Waits a random time, longer with each attempt in vain: not all come back at once. */
function later(askedMs) {
  const longest = Math.min(MAX_WAIT_MS, BASE_WAIT_MS * 2 ** attempts);
  attempts += 1;
  clearTimeout(timer);
  timer = setTimeout(connect, askedMs === undefined ? Math.random() * longest : Number(askedMs));
}

function restart() {
  clearTimeout(timer);
  const old = socket;
  socket = undefined;
  old?.close();
  // Nothing of the one who was signed in is kept.
  frames = [];
  lastEventId = undefined;
  attempts = 0;
  void connect();
}

onSessionChange(restart);
addEventListener('online', () => {
  if (!socket || socket.readyState > WebSocket.OPEN) {
    clearTimeout(timer);
    void connect();
  }
});
