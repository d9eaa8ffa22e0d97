import { Injectable } from '@nestjs/common';
import type { Caller } from '@rookery/web';
import type { SessionState } from '../storage/sessions';
import { type AccessClaims, AccessTokens } from './access-tokens';
import type { TokenAuthenticator } from './token-authenticator';
import { RolePermissions } from './permissions';
import { SessionCache } from './session-cache';

/** Authenticates the access tokens that Rookery has issued itself. */
@Injectable()
export class OwnTokens implements TokenAuthenticator {
  constructor(
    private readonly accessTokens: AccessTokens,
    private readonly permissions: RolePermissions,
    private readonly sessions: SessionCache,
  ) {}

  async authenticate(token: string, maxAgeMs?: number): Promise<Caller | undefined> {
    const claims = await this.accessTokens.verify(token);
    const session = claims && (await this.sessions.get(claims.sid, claims.iat, maxAgeMs));
    if (!session) return undefined;
    return {
      userId: session.userId,
      sessionId: session.id,
      roles: [session.role],
      permissions: await this.permissions.of(session.role),
      authenticatedAt: authenticatedAtOf(claims, session),
    };
  }
}

/**
 * The time of authentication of a token is the earlier of its own and the session's: reauthentication does not upgrade
 * tokens that were issued before, also if their own authentication was invalidated in between, and an authentication
 * can be revoked.
 */
function authenticatedAtOf(
  { auth_time: seconds, proof = 0 }: AccessClaims,
  session: SessionState,
): Date | null {
  if (seconds === undefined || session.authenticatedAt === null || proof !== session.proofVersion)
    return null;
  return new Date(Math.min(seconds * 1_000, session.authenticatedAt.getTime()));
}
