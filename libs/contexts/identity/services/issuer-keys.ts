import { type Clock, DependencyUnavailable, Rejection } from '@rookery/domain';
import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey, type LocalJWKSet } from 'jose';
import { z } from 'zod';
import { fetchJson } from './fetch-json';
import { isSafeUrl } from './oidc-settings';

/** Milliseconds after which keys are read again, and for which they are used while the provider is down. */
const FRESH_MS = 5 * 60_000;
const STALE_MS = 24 * 3_600_000;
/** Minimum milliseconds between two reads. */
const PAUSE_MS = 30_000;

const discovery = z.object({ issuer: z.string(), jwks_uri: z.string().refine(isSafeUrl) });

/**
 * The public keys of one OpenID Connect provider, by discovery. They are read again every five minutes, and for an
 * unknown key; one read at a time and at most two a minute, so that a flood of tokens does not flood the provider.
 * While it is down, the last keys are used for 24 hours.
 */
export class IssuerKeys {
  private keys: { find: LocalJWKSet; at: number } | undefined;
  private failure: Error | undefined;
  private triedAt = -Infinity;
  private reading: Promise<void> | undefined;

  /** @param issuer exactly as in its tokens and its discovery document */
  constructor(
    private readonly issuer: string,
    private readonly clock: Clock,
  ) {}

  /**
   * The key of a token: only from the key set, with `kid` as a lookup name; `jwk`, `jku` and `x5u` are ignored (RFC
   * 8725 §3.10).
   *
   * @throws JWKSNoMatchingKey if the provider has no such key
   * @throws Rejection `dependency.unavailable` if that cannot be determined because the provider is down
   */
  readonly find: JWTVerifyGetKey = async (header, token) => {
    if (!this.keys || this.age > FRESH_MS) await this.read();
    try {
      return await this.usable()(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      await this.read();
      return this.usable()(header, token).catch((again: unknown) => {
        throw this.failure && again instanceof errors.JWKSNoMatchingKey ? this.unavailable() : again;
      });
    }
  };

  /** For the health of the api. Sends no request: reports the result of the last read. */
  async check(): Promise<void | { degraded: string }> {
    if (!this.failure) return;
    if (!this.keys || this.age > STALE_MS) throw this.failure;
    return { degraded: `keys are ${Math.round(this.age / 60_000)} minutes old: ${this.failure.message}` };
  }

  private get age(): number {
    return this.clock.now().getTime() - (this.keys?.at ?? 0);
  }

  private usable(): LocalJWKSet {
    if (!this.keys || this.age > STALE_MS) throw this.unavailable();
    return this.keys.find;
  }

  private unavailable(): Rejection {
    const pause = this.triedAt + PAUSE_MS - this.clock.now().getTime();
    return new Rejection(DependencyUnavailable, { retryAfterSeconds: Math.max(1, Math.ceil(pause / 1_000)) });
  }

  /** Joins a running read; does nothing if the last one was recent. Never throws. */
  private read(): Promise<void> {
    if (this.reading) return this.reading;
    const now = this.clock.now().getTime();
    if (now - this.triedAt < PAUSE_MS) return Promise.resolve();
    this.triedAt = now;
    this.reading = this.readNow(now).finally(() => {
      this.reading = undefined;
    });
    return this.reading;
  }

  private async readNow(now: number): Promise<void> {
    try {
      this.keys = { find: await this.load(), at: now };
      this.failure = undefined;
    } catch (error) {
      this.failure = error as Error;
    }
  }

  private async load(): Promise<LocalJWKSet> {
    const document = await fetchJson(`${this.issuer.replace(/\/$/, '')}/.well-known/openid-configuration`);
    const { issuer, jwks_uri } = discovery.parse(document);
    // OpenID Connect Discovery §4.3: otherwise one provider could impersonate another.
    if (issuer !== this.issuer)
      throw new Error(`The discovery document of ${this.issuer} names the issuer ${issuer}.`);
    if (new URL(this.issuer).protocol === 'https:' && new URL(jwks_uri).protocol !== 'https:') {
      throw new Error(`The keys of ${this.issuer} are not served by https.`);
    }
    return createLocalJWKSet((await fetchJson(jwks_uri)) as JSONWebKeySet);
  }
}
