import type { Person, TestSystem } from './system';

/**
 * The callers: `nobody` without a token, the `owner` of the resource, `other` with just an account, and users with a
 * role.
 */
export const CALLERS = ['nobody', 'other', 'moderator', 'admin', 'owner'] as const;
export type Caller = (typeof CALLERS)[number];

/**
 * More callers, for what the owner shares with some: a `member` and a `guest` of it, a `former` one who is no member any
 * more, and somebody whom the owner has `blocked`.
 */
export const STANDINGS = ['member', 'guest', 'former', 'blocked'] as const;
export type Standing = (typeof STANDINGS)[number];

/** `allowed`: neither refused nor 404; the operation itself may still reject the request. */
export type Expected = 'allowed' | 401 | 403 | 404;

/** Input for an operation's request. The accounts are new for each operation, and every caller calls once. */
export interface Scene {
  system: TestSystem;
  /** Everybody except `nobody`; active accounts with a fresh sign-in. */
  people: Record<Exclude<Caller, 'nobody'>, Person>;
  /** Accounts that `given` makes what they are called; of rows with `standings` alone. */
  standings: Record<Standing, Person>;
}

/** Parts of a request that cannot be generated from the API description; the rest is generated from it. */
export interface Given {
  path?: Record<string, string>;
  query?: Record<string, string>;
  body?: unknown;
  headers?: Record<string, string>;
}

/** Rows by operationId. */
export type AccessRows = Record<string, Row>;

/** One operation: the response for each caller, and the state before each call. */
export interface Row extends Record<Caller, Expected> {
  given?: (scene: Scene) => Given | Promise<Given>;
  /** What the owner shares: the response for each of {@link STANDINGS}. */
  standings?: Record<Standing, Expected>;
}

/** Open to everybody. */
export const everybody: Row = {
  nobody: 'allowed',
  other: 'allowed',
  moderator: 'allowed',
  admin: 'allowed',
  owner: 'allowed',
};
/** The resource belongs to the caller or is shared. */
export const signedIn: Row = { ...everybody, nobody: 401 };
/** For others it does not exist. */
export const ownerOnly: Row = { nobody: 401, other: 404, moderator: 404, admin: 404, owner: 'allowed' };
/** HTTP Basic instead of an access token. */
export const operators: Row = { nobody: 401, other: 401, moderator: 401, admin: 401, owner: 401 };
/** Everybody may read it, its owner may change it; `also` lists roles that may change anybody's. */
export const ownerOr = (...also: ('moderator' | 'admin')[]): Row => ({
  nobody: 401,
  other: 403,
  moderator: also.includes('moderator') ? 'allowed' : 403,
  admin: also.includes('admin') ? 'allowed' : 403,
  owner: 'allowed',
});
/** Requires a permission of admins. */
export const adminOnly: Row = { nobody: 401, other: 403, moderator: 403, admin: 'allowed', owner: 403 };
