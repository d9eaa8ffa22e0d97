import { Injectable } from '@nestjs/common';
import type { Caller } from '@rookery/web';
import type { SessionState } from '../storage/sessions';
import { type AccessClaims, AccessTokens } from './access-tokens';
import type { TokenAuthenticator } from './token-authenticator';
import { RolePermissions } from './permissions';
import { SessionCache } from './session-cache';

/** TokenAuthenticator the access tokens that Rookery has issued itself. */
@Injectable()
export class OwnTokens implements TokenAuthenticator {
  constructor(
    private readonly accessTokens: AccessTokens,
    private readonly permissions: RolePermissions,
    private readonly sessions: SessionCache,
  ) {}

  async authenticate(token: string): Promise<Caller | undefined> {
    const claims = await this.accessTokens.verify(token);
    const session = claims && (await this.sessions.get(claims.sid, claims.iat));
    if (!session) return undefined;
    return {
      userId: session.userId,
      sessionId: session.id,
      roles: [session.role],
      permissions: await this.permissions.of(session.role),
      authenticatedAt: provedAtOf(claims, session),
    };
  }
}

/**
 * A token says of a proof no more than it was issued with, so that proving again raises none that was issued before,
 * also when its own proof was voided in between; and no more than the session still has, so that a proof can be taken
 * back.
 */
function provedAtOf({ auth_time: seconds, proof = 0 }: AccessClaims, session: SessionState): Date | null {
  if (seconds === undefined || session.authenticatedAt === null || proof !== session.proofVersion)
    return null;
  return new Date(Math.min(seconds * 1_000, session.authenticatedAt.getTime()));
}
