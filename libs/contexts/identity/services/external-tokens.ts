import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Commands } from '@rookery/application';
import { Clock, Rejection } from '@rookery/domain';
import { HealthChecks } from '@rookery/observability';
import type { Caller } from '@rookery/web';
import { LRUCache } from 'lru-cache';
import { UsernameTaken } from '../model/rejections';
import { ExternalIdentities, type ExternalUser } from '../storage/external-identities';
import { AdmitExternalUser } from './admit-external-user';
import type { TokenAuthenticator } from './token-authenticator';
import { claimedIssuer, type ExternalClaims, type ExternalIdentity, ExternalIssuer } from './external-issuer';
import { OidcSettings } from './oidc-settings';
import { RolePermissions } from './permissions';

/** Cache TTL of a verified token, and of an account's state, in milliseconds. */
const VERIFIED_MS = 60_000;
const CACHE_TTL_MS = 4_000;
const CACHE_SIZE = 20_000;
const MAX_TOKEN_LENGTH = 8_192;
/** Attempts to create an account if its username is taken concurrently. */
const TRIES = 4;

/**
 * Authenticates the tokens of the OpenID Connect providers in `OIDC_ISSUERS`. A new user gets an account. The session
 * belongs to the provider, so the caller has none here.
 */
@Injectable()
export class ExternalTokens implements TokenAuthenticator {
  private readonly issuers: ReadonlyMap<string, ExternalIssuer>;
  private readonly verified = new LRUCache<string, { claims: ExternalClaims; until: number }>({
    max: CACHE_SIZE,
  });
  private readonly users = new LRUCache<string, Promise<ExternalUser>>({
    max: CACHE_SIZE,
    ttl: CACHE_TTL_MS,
  });

  constructor(
    private readonly clock: Clock,
    private readonly commands: Commands,
    health: HealthChecks,
    private readonly identities: ExternalIdentities,
    private readonly permissions: RolePermissions,
    settings: OidcSettings,
  ) {
    this.issuers = new Map(settings.issuers.map((each) => [each.issuer, new ExternalIssuer(each, clock)]));
    for (const [issuer, { keys }] of this.issuers) {
      health.addDependency(`oidc ${issuer}`, () => keys.check(), { critical: false, ready: 'never' });
    }
  }

  /** @throws Rejection `dependency.unavailable` if the token's provider is down and its keys are not cached */
  async authenticate(token: string, maxAgeMs = CACHE_TTL_MS): Promise<Caller | undefined> {
    const claims = this.issuers.size > 0 ? await this.verify(token) : undefined;
    if (!claims) return undefined;
    const user = await this.userOf(claims.identity, maxAgeMs);
    if (!user.active) return undefined;
    const roles = [...new Set([user.role, ...claims.roles])];
    const permissions = await Promise.all(roles.map((role) => this.permissions.of(role)));
    return {
      userId: user.userId,
      sessionId: null,
      roles,
      permissions: new Set(permissions.flatMap((each) => [...each])),
      // Authentication at a provider does not include the second factor that a user has here.
      authenticatedAt:
        claims.authenticatedAt === undefined || user.hasSecondFactor
          ? null
          : new Date(claims.authenticatedAt),
    };
  }

  private async verify(token: string): Promise<ExternalClaims | undefined> {
    if (token.length > MAX_TOKEN_LENGTH) return undefined;
    const now = this.clock.now().getTime();
    const key = createHash('sha256').update(token).digest('base64');
    const known = this.verified.get(key);
    if (known && now < known.until) return known.claims;
    const issuer = this.issuers.get(claimedIssuer(token) ?? '');
    const claims = await issuer?.verify(token);
    if (claims) this.verified.set(key, { claims, until: Math.min(claims.expiresAt, now + VERIFIED_MS) });
    else this.verified.delete(key);
    return claims;
  }

  /**
   * One lookup at a time per user, so that fifty first requests create one account in this process; the database
   * prevents duplicates across processes.
   */
  private async userOf(identity: ExternalIdentity, maxAgeMs: number): Promise<ExternalUser> {
    const key = JSON.stringify([identity.issuer, identity.subject]);
    let user = this.users.get(key);
    if (!user || this.users.getRemainingTTL(key) <= CACHE_TTL_MS - maxAgeMs) {
      user = this.look(identity);
      this.users.set(key, user);
      user.catch(() => this.users.delete(key));
    }
    return user;
  }

  private async look(identity: ExternalIdentity): Promise<ExternalUser> {
    return (await this.identities.find(identity.issuer, identity.subject)) ?? this.admit(identity, TRIES);
  }

  private async admit(identity: ExternalIdentity, tries: number): Promise<ExternalUser> {
    try {
      return await this.commands.execute(new AdmitExternalUser(identity));
    } catch (error) {
      const lost = error instanceof Rejection && error.code === UsernameTaken.code;
      if (!lost || tries <= 1) throw error;
      return this.admit(identity, tries - 1);
    }
  }
}
