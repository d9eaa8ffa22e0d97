import { Injectable } from '@nestjs/common';
import { JwtService } from '@nestjs/jwt';
import { newId } from '@rookery/domain';
import { Sql, Transaction } from '@rookery/persistence';
import { WebSettings } from '@rookery/web';
import { SigningKeys } from './signing-keys';
import { readUnverified } from './unverified-token';

/** Seconds that a sign-in waits for its second factor, and its maximum attempts. */
export const MFA_SECONDS = 300;
const TRIES = 5;
const AUDIENCE = 'rookery:mfa';
const TYPE = 'mfa+jwt';

/**
 * Tokens of users who have sent their password but not yet their second factor. A JWT with its own type and audience,
 * so that it is no access token (RFC 8725 §3.11, §3.12). PostgreSQL ensures that it is used once, with at most five
 * attempts.
 */
@Injectable()
export class MfaTokens {
  private readonly issuer: string;

  constructor(
    private readonly jwt: JwtService,
    private readonly signingKeys: SigningKeys,
    private readonly sql: Sql,
    private readonly transaction: Transaction,
    settings: WebSettings,
  ) {
    this.issuer = settings.publicUrl;
  }

  /**
   * @param inCookie whether the session that it starts gets its refresh token in a cookie
   * @returns a token valid for {@link MFA_SECONDS}.
   */
  async issue(userId: string, inCookie: boolean): Promise<string> {
    const id = newId();
    const { kid, privateKey } = await this.signingKeys.signing();
    await this.sql.execute('DELETE FROM identity.mfa_tokens WHERE user_id = $1 AND expires_at < now()', [
      userId,
    ]);
    await this.sql.execute(
      `INSERT INTO identity.mfa_tokens (id, user_id, expires_at, in_cookie)
       VALUES ($1, $2, now() + make_interval(secs => $3), $4)`,
      [id, userId, MFA_SECONDS, inCookie],
    );
    return this.jwt.signAsync(
      {},
      {
        privateKey,
        algorithm: 'ES256',
        header: { alg: 'ES256', typ: TYPE, kid },
        subject: userId,
        issuer: this.issuer,
        audience: AUDIENCE,
        expiresIn: MFA_SECONDS,
        jwtid: id,
      },
    );
  }

  /**
   * Counts an attempt before the comparison. Concurrent attempts with the same token wait until the current transaction
   * ends; it must commit, or the attempt is not counted.
   *
   * @returns the token's id and user, and whether its session gets a cookie; undefined if it is forged, expired, used or has no attempts left
   */
  async take(token: string): Promise<{ id: string; userId: string; inCookie: boolean } | undefined> {
    const id = await this.transaction.outside(() => this.verify(token));
    if (id === undefined) return undefined;
    return this.sql.row<{ id: string; userId: string; inCookie: boolean }>(
      `UPDATE identity.mfa_tokens SET tries = tries + 1 WHERE id = $1 AND tries < $2 AND expires_at > now()
       RETURNING id, user_id AS "userId", in_cookie AS "inCookie"`,
      [id, TRIES],
    );
  }

  /** Consumes a token. */
  async use(id: string): Promise<void> {
    await this.sql.execute('DELETE FROM identity.mfa_tokens WHERE id = $1', [id]);
  }

  private async verify(token: string): Promise<string | undefined> {
    const header = readUnverified(token)?.header;
    if (header?.typ !== TYPE || header.kid === undefined) return undefined;
    const publicKey = await this.signingKeys.verifying(header.kid);
    if (!publicKey) return undefined;
    try {
      const { jti } = await this.jwt.verifyAsync<{ jti: string }>(token, {
        publicKey: publicKey as never, // a KeyObject, parsed once; the type allows only strings
        algorithms: ['ES256'],
        issuer: this.issuer,
        audience: AUDIENCE,
      });
      return jti;
    } catch {
      return undefined;
    }
  }
}
