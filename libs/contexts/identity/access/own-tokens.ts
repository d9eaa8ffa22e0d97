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
      provedAt: session.provedAt,
    };
  }
}
