import { errors, type JWTPayload, jwtVerify } from 'jose';
import type { Clock } from '@rookery/domain';
import type { Role } from '../model/user';
import { IssuerKeys } from './issuer-keys';
import type { OidcIssuer } from './oidc-settings';
import { readUnverified } from './unverified-token';

/** Only asymmetric signatures: with a shared secret, every verifier can also sign (RFC 8725 §3.1, §3.2). */
const ALGORITHMS = 'ES256 ES384 ES512 EdDSA Ed25519 PS256 PS384 PS512 RS256 RS384 RS512'.split(' ');
/** Access tokens (RFC 9068 §2.1), and types of providers that do not use it, including ID tokens. */
const TYPES = new Set(['at+jwt', 'application/at+jwt', 'jwt', undefined]);
/** Tolerated clock difference to the provider in seconds. */
const LEEWAY_SECONDS = 30;
/**
 * PostgreSQL cannot store NUL and lone surrogates, also in JSON, and identifiers contain no other control characters.
 */
const UNPRINTABLE = /[\p{Cc}\p{Cs}]/u;

/** A user at a provider. */
export interface ExternalIdentity {
  issuer: string;
  /** Unique and never reassigned within the issuer (OpenID Connect Core §2). */
  subject: string;
  username: string | undefined;
  name: string | undefined;
  /** Only an address that the provider has verified. */
  email: string | undefined;
}

/** Content of a verified token. */
export interface ExternalClaims {
  identity: ExternalIdentity;
  /** Roles that the token grants by the mapping of its issuer. */
  roles: Role[];
  /** When the user last authenticated at the provider, if the token says so; milliseconds since 1970. */
  authenticatedAt: number | undefined;
  /** Milliseconds since 1970. */
  expiresAt: number;
}

/** @returns the unverified issuer of a token; undefined if the token cannot be acceptable. */
export function claimedIssuer(token: string): string | undefined {
  const { header, payload } = readUnverified(token) ?? {};
  const { alg, typ } = header ?? {};
  const known = ALGORITHMS.includes(alg ?? '') && (typ === undefined || typeof typ === 'string');
  return known && TYPES.has(typ?.toLowerCase()) ? payload?.iss : undefined;
}

/** Verifies the tokens of one provider according to RFC 8725, and reads them according to its setting. */
export class ExternalIssuer {
  readonly keys: IssuerKeys;

  constructor(
    private readonly setting: OidcIssuer,
    private readonly clock: Clock,
  ) {
    this.keys = new IssuerKeys(setting.issuer, clock);
  }

  /**
   * @returns undefined if the token is forged, expired, for another audience, not about a person or without the scope
   * @throws Rejection `dependency.unavailable` if that cannot be verified because the provider is down
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
 * Some tokens are about a client (RFC 9068 §2.2) or an event (OpenID Connect Back-Channel Logout §2.4), and some are
 * valid only with proof of possession of a key (RFC 7800), which a bearer token does not provide.
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
