import type { Person, TestSystem } from './system';

/**
 * Who asks: `nobody` without a token, the `owner` of the resource, `other` with an account and nothing else, and those
 * who have a role.
 */
export const CALLERS = ['nobody', 'other', 'moderator', 'admin', 'owner'] as const;
export type Caller = (typeof CALLERS)[number];

/** `allowed`: neither turned away nor told that the resource does not exist; the operation itself may still say no. */
export type Expected = 'allowed' | 401 | 403 | 404;

/** What an operation's request is made from. The cast is new for each operation, and every caller asks once. */
export interface Scene {
  system: TestSystem;
  /** Everybody but `nobody`; active accounts, signed in with a fresh proof. */
  people: Record<Exclude<Caller, 'nobody'>, Person>;
}

/** What a request needs that cannot be made from the API description; what is left out is made from it. */
export interface Given {
  path?: Record<string, string>;
  query?: Record<string, string>;
  body?: unknown;
  headers?: Record<string, string>;
}

/** Rows by operationId. */
export type AccessRows = Record<string, Row>;

/** One operation: what each caller is answered, and what is there before each of them asks. */
export interface Row extends Record<Caller, Expected> {
  given?: (scene: Scene) => Given | Promise<Given>;
}

/** Open to whoever asks. */
export const everybody: Row = {
  nobody: 'allowed',
  other: 'allowed',
  moderator: 'allowed',
  admin: 'allowed',
  owner: 'allowed',
};
/** The resource is the caller's own, or everybody's. */
export const signedIn: Row = { ...everybody, nobody: 401 };
/** To others it does not exist. */
export const ownerOnly: Row = { nobody: 401, other: 404, moderator: 404, admin: 404, owner: 'allowed' };
/** HTTP Basic instead of an access token. */
export const operators: Row = { nobody: 401, other: 401, moderator: 401, admin: 401, owner: 401 };
/** Everybody reads it, its owner changes it; `also` who has the permission to change what anybody owns. */
export const ownerOr = (...also: ('moderator' | 'admin')[]): Row => ({
  nobody: 401,
  other: 403,
  moderator: also.includes('moderator') ? 'allowed' : 403,
  admin: also.includes('admin') ? 'allowed' : 403,
  owner: 'allowed',
});
/** The permission that it asks for is one of admins. */
export const adminOnly: Row = { nobody: 401, other: 403, moderator: 403, admin: 'allowed', owner: 403 };
