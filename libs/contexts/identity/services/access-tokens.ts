import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { JwtService } from '@nestjs/jwt';
import { newId } from '@rookery/domain';
import { WebSettings } from '@rookery/web';
import { LRUCache } from 'lru-cache';
import { MAX_TOKEN_SECONDS } from '../model/key-stages';
import type { SessionState } from '../storage/sessions';
import { SigningKeys } from './signing-keys';
import { readUnverified } from './unverified-token';

/** Lifetime of an access token in seconds. */
export const ACCESS_SECONDS = MAX_TOKEN_SECONDS;
const AUDIENCE = 'rookery';
const TYPE = 'at+jwt';
const CACHE_SIZE = 20_000;

/** Claims of an access token (RFC 9068). */
export interface AccessClaims {
  sub: string;
  sid: string;
  /** When the user of the session last authenticated, in seconds; absent if that was invalidated. */
  auth_time?: number;
  /** Number of that authentication in the session; older tokens have none. */
  proof?: number;
  iat: number;
  exp: number;
}

/** Verified content of a token. */
export type SessionProof = Pick<SessionState, 'id' | 'userId' | 'authenticatedAt' | 'proofVersion'>;

interface Verified {
  claims: AccessClaims;
  kid: string;
}

/**
 * Access tokens: JWTs signed with ES256. A verified token is cached until it expires or its key is gone, because
 * checking a signature costs twenty times as much as a lookup.
 */
@Injectable()
export class AccessTokens {
  private readonly verified = new LRUCache<string, Verified>({ max: CACHE_SIZE });
  private readonly issuer: string;

  constructor(
    private readonly jwt: JwtService,
    private readonly signingKeys: SigningKeys,
    settings: WebSettings,
  ) {
    this.issuer = settings.publicUrl;
  }

  /**
   * @param session signed-in session; its last authentication is put in the token unless it was invalidated
   * @returns a token for a session, valid for {@link ACCESS_SECONDS}
   */
  async issue({ id, userId, authenticatedAt, proofVersion }: SessionProof): Promise<string> {
    const { kid, privateKey } = await this.signingKeys.signing();
    return this.jwt.signAsync(
      {
        sid: id,
        ...(authenticatedAt && {
          auth_time: Math.floor(authenticatedAt.getTime() / 1_000),
          proof: proofVersion,
        }),
      },
      {
        privateKey,
        algorithm: 'ES256',
        header: { alg: 'ES256', typ: TYPE, kid },
        subject: userId,
        issuer: this.issuer,
        audience: AUDIENCE,
        expiresIn: ACCESS_SECONDS,
        jwtid: newId(),
      },
    );
  }

  /** @returns the content of the token; undefined if it is expired, forged or of a different type (RFC 8725). */
  async verify(token: string): Promise<AccessClaims | undefined> {
    const key = createHash('sha256').update(token).digest('base64');
    const known = this.verified.get(key);
    if (known) return (await this.signingKeys.verifying(known.kid)) && known.claims;
    const { header, payload } = readUnverified(token) ?? {};
    if (header?.typ !== TYPE || header.kid === undefined || payload?.iss !== this.issuer) return undefined;
    const claims = await this.check(token, header.kid);
    if (claims) this.verified.set(key, { claims, kid: header.kid }, { ttl: claims.exp * 1_000 - Date.now() });
    return claims;
  }

  private async check(token: string, kid: string): Promise<AccessClaims | undefined> {
    const publicKey = await this.signingKeys.verifying(kid);
    if (!publicKey) return undefined;
    try {
      return await this.jwt.verifyAsync<AccessClaims>(token, {
        publicKey: publicKey as never, // a KeyObject, parsed once; the type allows only strings
        algorithms: ['ES256'],
        issuer: this.issuer,
        audience: AUDIENCE,
      });
    } catch {
      return undefined;
    }
  }
}
