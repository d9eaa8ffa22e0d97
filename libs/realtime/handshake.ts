import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { Forbidden } from '@rookery/domain';
import { Problems, RequestRefused } from '@rookery/web';
import type { Opener } from './connections';

/** The subprotocol of clients; browsers send `bearer.<token>` in addition. */
export const SUBPROTOCOL = 'rookery.v1';
const BEARER = 'bearer.';

const KEY = /^[+/0-9A-Za-z]{22}==$/;

/** A request to upgrade a connection, while it passes hooks and guards. */
export interface Handshake {
  readonly socket: Duplex;
  readonly head: Buffer;
  readonly response: ServerResponse;
  /** Why its subprotocols cannot be accepted. */
  readonly mistake: string | undefined;
}

/** An accepted handshake: the data that the gateway needs to open the socket. */
export interface Admission {
  readonly opener: Opener;
  readonly lastEventId: string | undefined;
  /** Releases the place of the connection. */
  readonly release: () => void;
}

const handshakes = new WeakMap<IncomingMessage, Handshake>();
const admissions = new WeakMap<IncomingMessage, Admission>();

/** Records a handshake for the route that responds to it. */
export function noteHandshake(request: IncomingMessage, handshake: Handshake): void {
  handshakes.set(request, handshake);
}

/** @returns the handshake; undefined for an ordinary request */
export function handshakeOf(request: IncomingMessage): Handshake | undefined {
  return handshakes.get(request);
}

/** Records the data that the gateway needs. */
export function admit(request: IncomingMessage, admission: Admission): void {
  admissions.set(request, admission);
}

/** @throws Error if the request was not admitted by the route */
export function admissionOf(request: IncomingMessage): Admission {
  const admission = admissions.get(request);
  if (!admission) throw new Error('A socket without a handshake.');
  return admission;
}

/** @returns whether a request is a WebSocket upgrade; other upgrades are ignored. */
export function asksForWebSocket({ method, headers }: IncomingMessage): boolean {
  return method === 'GET' && headers.upgrade?.toLowerCase() === 'websocket';
}

/**
 * Moves the token of a browser, which cannot set headers, from the subprotocols to the Authorization header, so that
 * all later code handles only one way to authenticate. The token never appears in a response: the server selects {@link
 * SUBPROTOCOL} from the offered subprotocols.
 *
 * @returns why the subprotocols cannot be accepted; undefined if they can
 */
export function takeToken({ headers }: Pick<IncomingMessage, 'headers'>): string | undefined {
  const offered = headers['sec-websocket-protocol'];
  if (offered === undefined) return undefined;
  const names = offered.split(',').map((name) => name.trim());
  const tokens = names.filter((name) => name.startsWith(BEARER));
  headers['sec-websocket-protocol'] = SUBPROTOCOL;
  if (!names.includes(SUBPROTOCOL)) return `One of the subprotocols must be ${SUBPROTOCOL}.`;
  if (names.length > tokens.length + 1) return 'The request has unknown or repeated subprotocols.';
  if (tokens.length > 1) return 'The request has two tokens in its subprotocols.';
  const [token] = tokens;
  if (token === undefined) return undefined;
  if (headers.authorization !== undefined) return 'The request also has a token in the header Authorization.';
  headers.authorization = `Bearer ${token.slice(BEARER.length)}`;
  return undefined;
}

/**
 * Checks a handshake of an authenticated caller (RFC 6455 §4.2.1).
 *
 * @param origins origins whose pages are allowed to connect
 * @throws RequestRefused 426 if it is not a handshake, 403 for a page of another origin, 400 if it is malformed
 */
export function checkHandshake(request: IncomingMessage, origins: ReadonlySet<string>): Handshake {
  const handshake = handshakeOf(request);
  const { headers } = request;
  if (!handshake || headers['sec-websocket-version'] !== '13')
    throw new RequestRefused(Problems.upgradeRequired, {
      headers: { upgrade: 'websocket', connection: 'Upgrade', 'sec-websocket-version': '13' },
    });
  if (headers.origin !== undefined && !origins.has(headers.origin))
    throw new RequestRefused(Problems.forbidden, {
      detail: 'Pages of this origin are not allowed to connect.',
    });
  if (!KEY.test(headers['sec-websocket-key'] ?? ''))
    throw new RequestRefused(Problems.malformed, { detail: 'Sec-WebSocket-Key is missing or malformed.' });
  if (handshake.mistake !== undefined)
    throw new RequestRefused(Problems.malformed, { detail: handshake.mistake });
  return handshake;
}

/** The problems that {@link checkHandshake} returns. */
export const HANDSHAKE_PROBLEMS = [Problems.upgradeRequired, Forbidden, Problems.malformed];
