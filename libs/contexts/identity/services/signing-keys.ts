import { createPublicKey, type KeyObject } from 'node:crypto';
import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { Clock } from '@rookery/domain';
import { Transaction } from '@rookery/persistence';
import { KEYS_READ_EVERY_SECONDS } from '../model/key-stages';
import { KeyPairs, type PublicJwk } from './key-pairs';

/** A public key in a JWK Set (RFC 7517 §4). */
export interface PublishedKey extends PublicJwk {
  kid: string;
  use: string;
  alg: string;
}

/** The current signing key. */
export interface SigningKey {
  kid: string;
  privateKey: KeyObject;
}

interface Loaded {
  signing: SigningKey;
  verifying: Map<string, KeyObject>;
  jwks: PublishedKey[];
  at: number;
}

/** Milliseconds after which the keys are read again, and minimum milliseconds between two lookups of an unknown one. */
const FRESH_MS = KEYS_READ_EVERY_SECONDS * 1_000;
const UNKNOWN_PAUSE_MS = 5_000;

/**
 * The keys of access tokens. They are in the database, so that all processes share them, and are read again every
 * minute and for an unknown `kid`; the first one is created at the first boot.
 */
@Injectable()
export class SigningKeys implements OnApplicationBootstrap {
  private present: Loaded | undefined;
  private loading: Promise<Loaded> | undefined;

  constructor(
    private readonly clock: Clock,
    private readonly pairs: KeyPairs,
    private readonly transaction: Transaction,
  ) {}

  /** Reads the keys before the first request needs them; if that fails, the request retries. */
  async onApplicationBootstrap(): Promise<void> {
    await this.loaded(FRESH_MS).catch(() => undefined);
  }

  /** @returns the key to sign with. */
  async signing(): Promise<SigningKey> {
    return (await this.loaded(FRESH_MS)).signing;
  }

  /**
   * @param kid from the token's header; only a lookup name (RFC 8725 §3.10)
   * @returns the key to verify with; undefined if there is none with that name
   */
  async verifying(kid: string): Promise<KeyObject | undefined> {
    const known = (await this.loaded(FRESH_MS)).verifying.get(kid);
    return known ?? (await this.loaded(UNKNOWN_PAUSE_MS)).verifying.get(kid);
  }

  /** @returns the public keys as a JWK Set (RFC 7517 §5). */
  async jwks(): Promise<{ keys: PublishedKey[] }> {
    return { keys: (await this.loaded(FRESH_MS)).jwks };
  }

  /** While PostgreSQL is down, the last keys are used. */
  private async loaded(maxAgeMs: number): Promise<Loaded> {
    const { present } = this;
    if (present && this.clock.now().getTime() - present.at < maxAgeMs) return present;
    this.loading ??= this.load()
      .then((loaded) => (this.present = loaded))
      .finally(() => (this.loading = undefined));
    return this.loading.catch((error: unknown) => {
      if (present) return present;
      throw error;
    });
  }

  /** Reads in the caller's transaction, because waiting for a second connection could deadlock. */
  private async load(): Promise<Loaded> {
    const at = this.clock.now().getTime();
    let pairs = await this.pairs.all();
    if (!pairs.some(({ state }) => state === 'signing')) {
      await this.transaction.outside(() => this.transaction.run(() => this.createFirst()));
      pairs = await this.pairs.all();
    }
    const signing = pairs.find(({ state }) => state === 'signing')!;
    return {
      signing: { kid: signing.kid, privateKey: this.pairs.decrypt(signing.privateKey) },
      verifying: new Map(
        pairs.map(({ kid, publicJwk }) => [kid, createPublicKey({ key: { ...publicJwk }, format: 'jwk' })]),
      ),
      jwks: pairs.map(({ kid, publicJwk }) => ({ ...publicJwk, kid, use: 'sig', alg: 'ES256' })),
      at,
    };
  }

  private async createFirst(): Promise<void> {
    await this.pairs.lock();
    if ((await this.pairs.all()).some(({ state }) => state === 'signing')) return;
    await this.pairs.add('signing');
  }
}
