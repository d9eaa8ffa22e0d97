import { comment, enrol, eventually, type Person, publish, type TestSystem } from '@rookery/testing';

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

/** One operation: what each caller is answered, and what is there before each of them asks. */
export interface Row extends Record<Caller, Expected> {
  given?: (scene: Scene) => Given | Promise<Given>;
}

const everybody: Row = {
  nobody: 'allowed',
  other: 'allowed',
  moderator: 'allowed',
  admin: 'allowed',
  owner: 'allowed',
};
/** The resource is the caller's own, or everybody's. */
const signedIn: Row = { ...everybody, nobody: 401 };
/** To others it does not exist. */
const ownerOnly: Row = { nobody: 401, other: 404, moderator: 404, admin: 404, owner: 'allowed' };
/** HTTP Basic instead of an access token. */
const operators: Row = { nobody: 401, other: 401, moderator: 401, admin: 401, owner: 401 };
/** Everybody reads it, its owner changes it; `also` who has the permission to change what anybody owns. */
const ownerOr = (...also: ('moderator' | 'admin')[]): Row => ({
  nobody: 401,
  other: 403,
  moderator: also.includes('moderator') ? 'allowed' : 403,
  admin: also.includes('admin') ? 'allowed' : 403,
  owner: 'allowed',
});
const adminOnly: Row = { nobody: 401, other: 403, moderator: 403, admin: 'allowed', owner: 403 };

/** Every operation of the API, by operationId. Whoever adds an operation adds a line. */
export const matrix: Record<string, Row> = {
  // Probes and keys
  getDebugVars: operators,
  getHealth: everybody,
  getJwks: everybody,
  getLiveness: everybody,
  getMetrics: everybody,
  getReadiness: everybody,
  getStartup: everybody,

  // Identity
  activateUser: { ...everybody, given: () => ({ path: { token: 'unknown' } }) },
  changePassword: signedIn,
  completeMfa: { ...everybody, given: () => ({ body: { mfaToken: 'unknown', code: '000000' } }) },
  createApiKey: { ...signedIn, given: () => ({ body: { name: 'a program', scopes: ['read'] } }) },
  deleteMe: signedIn,
  disableTotp: signedIn,
  // Of somebody who asks for nothing afterwards.
  endUserSessions: {
    ...adminOnly,
    given: async ({ system }) => ({ path: { id: (await enrol(system)).id } }),
  },
  exportMe: signedIn,
  forgotPassword: everybody,
  getMe: signedIn,
  getOperation: { ...ownerOnly, given: ownExport },
  getOperationResult: { ...ownerOnly, given: ownExport },
  getPreferences: signedIn,
  getUser: { ...signedIn, given: ({ people }) => ({ path: { id: people.owner.id } }) },
  initiateTotp: signedIn,
  listApiKeys: signedIn,
  listAudit: adminOnly,
  listSessions: signedIn,
  login: everybody,
  logout: signedIn,
  logoutAll: signedIn,
  refreshTokens: everybody,
  regenerateRecoveryCodes: signedIn,
  register: everybody,
  resendVerification: everybody,
  resetPassword: everybody,
  revokeApiKey: { ...ownerOnly, given: ownApiKey },
  revokeSession: { ...ownerOnly, given: ({ people }) => ({ path: { id: sessionOf(people.owner) } }) },
  searchUsers: signedIn,
  setPreferences: signedIn,
  setUserRole: {
    ...adminOnly,
    given: ({ people }) => ({ path: { id: people.owner.id }, body: { role: 'user' } }),
  },
  stepUp: { ...signedIn, given: () => ({ body: { code: '000000' } }) },
  updateMe: signedIn,
  verifyEmail: everybody,
  verifyTotp: signedIn,

  // Social
  blockUser: { ...signedIn, given: bystander },
  createComment: { ...signedIn, given: ownPost },
  createPost: signedIn,
  deleteComment: { ...ownerOr('moderator', 'admin'), given: ownComment },
  deletePost: { ...ownerOr('admin'), given: ownPost },
  followUser: { ...signedIn, given: bystander },
  getFeed: signedIn,
  getPost: { ...signedIn, given: ownPost },
  listComments: { ...signedIn, given: ownPost },
  listFollowers: { ...signedIn, given: bystander },
  listFollowing: { ...signedIn, given: bystander },
  listUserPosts: { ...signedIn, given: ({ people }) => ({ path: { id: people.owner.id } }) },
  muteUser: { ...signedIn, given: bystander },
  searchPosts: signedIn,
  unblockUser: { ...signedIn, given: bystander },
  unfollowUser: { ...signedIn, given: bystander },
  unmuteUser: { ...signedIn, given: bystander },
  updateComment: { ...ownerOr('moderator', 'admin'), given: ownComment },
  updatePost: { ...ownerOr('moderator', 'admin'), given: ownPost },
};

/** Controllers that the API description leaves out, which the walk does not see: pages for people, open to everybody. */
export const UNDESCRIBED = ['ActivationPage', 'ResetPasswordPage'];

/** Somebody who is none of the callers. */
async function bystander({ system }: Scene): Promise<Given> {
  return { path: { id: (await enrol(system)).id } };
}

function sessionOf({ token }: Person): string {
  const payload = Buffer.from(token.split('.')[1]!, 'base64url').toString('utf8');
  return (JSON.parse(payload) as { sid: string }).sid;
}

/** An export of the owner that is done, so that there is a result to see. */
async function ownExport({ system, people }: Scene): Promise<Given> {
  const { token } = people.owner;
  const { body } = await system.ask('POST /v1/me/exports', { token });
  await eventually(
    async () => (await system.ask(`GET /v1/operations/${body.id}`, { token })).body.status === 'succeeded',
  );
  return { path: { id: body.id } };
}

async function ownApiKey({ system, people }: Scene): Promise<Given> {
  const body = { name: 'a program', scopes: ['read'] };
  const created = await system.ask('POST /v1/me/api-keys', { token: people.owner.token, body });
  return { path: { id: created.body.id } };
}

async function ownPost({ system, people }: Scene): Promise<Given> {
  return { path: { id: (await publish(system, people.owner)).id } };
}

/** A comment of the owner on a post of somebody else. */
async function ownComment({ system, people }: Scene): Promise<Given> {
  const post = await publish(system, people.other);
  return { path: { id: (await comment(system, people.owner, post.id)).id } };
}
