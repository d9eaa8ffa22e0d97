import { Injectable } from '@nestjs/common';
import type { Caller } from '@rookery/web';
import { AccessTokens } from './access-tokens';
import type { Recognises } from './bearer-strategy';
import { RolePermissions } from './permissions';
import { SessionWatch } from './session-watch';

/** Recognises the access tokens that Rookery has issued itself. */
@Injectable()
export class OwnTokens implements Recognises {
  constructor(
    private readonly accessTokens: AccessTokens,
    private readonly permissions: RolePermissions,
    private readonly sessions: SessionWatch,
  ) {}

  async recognise(token: string): Promise<Caller | undefined> {
    const claims = await this.accessTokens.verify(token);
    const session = claims && (await this.sessions.look(claims.sid, claims.iat));
    if (!session) return undefined;
    return {
      userId: session.userId,
      sessionId: session.id,
      roles: [session.role],
      permissions: await this.permissions.of(session.role),
      provedAt: earlier(claims.auth_time, session.provedAt),
    };
  }
}

/**
 * A token says of a proof no more than it was issued with, so that proving again raises none that was issued before;
 * and no more than the session still has, so that a proof can be taken back.
 *
 * @param seconds since 1970, as the token has it
 */
function earlier(seconds: number | undefined, provedAt: Date | null): Date | null {
  if (seconds === undefined || provedAt === null) return null;
  return new Date(Math.min(seconds * 1_000, provedAt.getTime()));
}
