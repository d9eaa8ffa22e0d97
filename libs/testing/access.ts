import type { Person, TestSystem } from './system';

/**
 * The callers: `nobody` without a token, the `owner` of the resource, `other` with just an account, and users with a
 * role.
 */
export const CALLERS = ['nobody', 'other', 'moderator', 'admin', 'owner'] as const;
export type Caller = (typeof CALLERS)[number];

/**
 * More callers, for resources that the owner shares: a `member`, a `guest`, a `former` member, and a user whom the
 * owner has `blocked`.
 */
export const STANDINGS = ['member', 'guest', 'former', 'blocked'] as const;
export type Standing = (typeof STANDINGS)[number];

/** `allowed`: neither 401, 403 nor 404; the operation itself can still reject the request. */
export type Expected = 'allowed' | 401 | 403 | 404;

/** Input for an operation's request. The accounts are new for each operation, and every caller calls once. */
export interface Scene {
  system: TestSystem;
  /** Everybody except `nobody`; active accounts with a fresh sign-in. */
  people: Record<Exclude<Caller, 'nobody'>, Person>;
  /** Accounts that `given` puts into these roles; only for rows with `standings`. */
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
  /** For shared resources: the response for each of {@link STANDINGS}. */
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
/** For other users it does not exist. */
export const ownerOnly: Row = { nobody: 401, other: 404, moderator: 404, admin: 404, owner: 'allowed' };
/** HTTP Basic instead of an access token. */
export const operators: Row = { nobody: 401, other: 401, moderator: 401, admin: 401, owner: 401 };
/** Everybody can read it, and its owner can change it; `also` lists roles that can change those of all users. */
export const ownerOr = (...also: ('moderator' | 'admin')[]): Row => ({
  nobody: 401,
  other: 403,
  moderator: also.includes('moderator') ? 'allowed' : 403,
  admin: also.includes('admin') ? 'allowed' : 403,
  owner: 'allowed',
});
/** Requires a permission of admins. */
export const adminOnly: Row = { nobody: 401, other: 403, moderator: 403, admin: 'allowed', owner: 403 };
