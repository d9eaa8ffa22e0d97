import { errors, type JWTPayload, jwtVerify } from 'jose';
import type { Clock } from '@rookery/domain';
import type { Role } from '../model/user';
import { IssuerKeys } from './issuer-keys';
import type { OidcIssuer } from './oidc-settings';
import { readUnverified } from './unverified-token';

/** Signatures with key pairs alone: with a shared secret, whoever can verify can also sign (RFC 8725 §3.1, §3.2). */
const ALGORITHMS = 'ES256 ES384 ES512 EdDSA Ed25519 PS256 PS384 PS512 RS256 RS384 RS512'.split(' ');
/** Access tokens (RFC 9068 §2.1), and what providers that know no such type put there, ID tokens included. */
const TYPES = new Set(['at+jwt', 'application/at+jwt', 'jwt', undefined]);
/** Seconds that the provider's clock and ours may differ. */
const LEEWAY_SECONDS = 30;
/** Neither PostgreSQL nor JSON in it can hold NUL and lone surrogates, and no other control is part of an identifier. */
const UNPRINTABLE = /[\p{Cc}\p{Cs}]/u;

/** Somebody as a provider knows them. */
export interface ExternalIdentity {
  issuer: string;
  /** Unique and never given to anybody else within the issuer (OpenID Connect Core §2). */
  subject: string;
  username: string | undefined;
  name: string | undefined;
  /** Only one that the provider says it has verified. */
  email: string | undefined;
}

/** What a verified token says. */
export interface ExternalClaims {
  identity: ExternalIdentity;
  /** Roles that the token grants by the mapping of its issuer. */
  roles: Role[];
  /** When somebody last proved to the provider who they are, where it tells; milliseconds since 1970. */
  authenticatedAt: number | undefined;
  /** Milliseconds since 1970. */
  expiresAt: number;
}

/** @returns the issuer that a token claims to be of, nothing verified yet; undefined when it cannot be a token to accept. */
export function claimedIssuer(token: string): string | undefined {
  const { header, payload } = readUnverified(token) ?? {};
  const { alg, typ } = header ?? {};
  const known = ALGORITHMS.includes(alg ?? '') && (typ === undefined || typeof typ === 'string');
  return known && TYPES.has(typ?.toLowerCase()) ? payload?.iss : undefined;
}

/** Verifies the tokens of one provider as RFC 8725 advises, and reads them as its setting says. */
export class ExternalIssuer {
  readonly keys: IssuerKeys;

  constructor(
    private readonly setting: OidcIssuer,
    private readonly clock: Clock,
  ) {
    this.keys = new IssuerKeys(setting.issuer, clock);
  }

  /**
   * @returns undefined when the token is forged, expired, for somebody else, not about a person or without the scope
   * @throws Rejection `dependency.unavailable` when that cannot be told, since the provider is away
   */
  async verify(token: string): Promise<ExternalClaims | undefined> {
    try {
      const { payload } = await jwtVerify(token, this.keys.find, {
        algorithms: ALGORITHMS,
        issuer: this.setting.issuer,
        audience: this.setting.audience,
        clockTolerance: LEEWAY_SECONDS,
        currentDate: this.clock.now(),
        requiredClaims: ['exp', 'sub'],
      });
      return isOfPerson(payload) && this.hasScope(payload) ? this.read(payload) : undefined;
    } catch (error) {
      if (error instanceof errors.JOSEError) return undefined;
      throw error;
    }
  }

  private hasScope({ scope, scp }: JWTPayload): boolean {
    const granted = scopesOf(scope ?? scp);
    return [this.setting.scope ?? []].flat().every((each) => granted.includes(each));
  }

  private read(payload: JWTPayload): ExternalClaims {
    const { issuer, claims, roles } = this.setting;
    const email = textOf(payload, claims.email)?.toLowerCase();
    const verified = valueOf(payload, claims.emailVerified) === true;
    const granted = roles ? [valueOf(payload, roles.claim)].flat() : [];
    const authTime = payload.auth_time;
    return {
      identity: {
        issuer,
        subject: payload.sub!,
        username: textOf(payload, claims.username),
        name: textOf(payload, claims.name),
        email: verified ? email : undefined,
      },
      roles: [
        ...new Set(
          granted.flatMap((value) =>
            typeof value === 'string' && Object.hasOwn(roles!.map, value) ? [roles!.map[value]!] : [],
          ),
        ),
      ],
      authenticatedAt:
        typeof authTime === 'number' && authTime > 0
          ? Math.min(authTime * 1_000, this.clock.now().getTime())
          : undefined,
      expiresAt: payload.exp! * 1_000,
    };
  }
}

/**
 * Some tokens are about a client (RFC 9068 §2.2) or an event (OpenID Connect Back-Channel Logout §2.4), and some count
 * only together with a key that the caller proves to have (RFC 7800), which a bearer does not.
 */
function isOfPerson(payload: JWTPayload): boolean {
  const { sub, client_id, events, cnf } = payload;
  const named = typeof sub === 'string' && sub.length >= 1 && sub.length <= 255 && !UNPRINTABLE.test(sub);
  return named && sub !== client_id && events === undefined && cnf === undefined;
}

/** @param claim `scope`, words in one text (RFC 9068 §2.2.3), or `scp`, which providers also write as a list */
function scopesOf(claim: unknown): unknown[] {
  return typeof claim === 'string' ? claim.split(' ') : [claim].flat();
}

/** @param claim name of a top-level claim, or a JSON pointer (RFC 6901) */
function valueOf(payload: JWTPayload, claim: string): unknown {
  const path = claim.startsWith('/')
    ? claim
        .slice(1)
        .split('/')
        .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    : [claim];
  let value: unknown = payload;
  for (const part of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return undefined;
    value = (value as Record<string, unknown>)[part];
  }
  return value;
}

function textOf(payload: JWTPayload, claim: string): string | undefined {
  const value = valueOf(payload, claim);
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined;
}
