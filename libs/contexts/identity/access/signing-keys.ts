import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
} from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Sql, Transaction } from '@rookery/persistence';
import { Keys } from './keys';

/** The public part of a key pair, as it is stored. */
interface PublicJwk {
  kty: string;
  crv: string;
  x: string;
  y: string;
}

/** A public key as a JWK Set has it (RFC 7517 §4). */
export interface PublishedKey extends PublicJwk {
  kid: string;
  use: string;
  alg: string;
}

/** The key that signs now. */
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

interface Row {
  kid: string;
  public_jwk: PublicJwk;
  private_key: Buffer;
}

/** Milliseconds after which the keys are read again, and least milliseconds between two looks for an unknown one. */
const FRESH_MS = 60_000;
const UNKNOWN_PAUSE_MS = 5_000;

/**
 * The ES256 key pairs that sign access tokens. They stand in the database, private parts encrypted with AES-256-GCM,
 * so that all processes share them; the first one is made by whoever needs it first.
 */
@Injectable()
export class SigningKeys {
  private loading: Promise<Loaded> | undefined;

  constructor(
    private readonly keys: Keys,
    private readonly sql: Sql,
    private readonly transaction: Transaction,
  ) {}

  /** @returns the key to sign with. */
  async signing(): Promise<SigningKey> {
    return (await this.loaded(FRESH_MS)).signing;
  }

  /**
   * @param kid as the token's header has it; a name to look up, nothing more (RFC 8725 §3.10)
   * @returns the key to verify with; undefined when there is none of that name
   */
  async verifying(kid: string): Promise<KeyObject | undefined> {
    const known = (await this.loaded(FRESH_MS)).verifying.get(kid);
    return known ?? (await this.loaded(UNKNOWN_PAUSE_MS)).verifying.get(kid);
  }

  /** @returns the public keys as a JWK Set (RFC 7517 §5). */
  async jwks(): Promise<{ keys: PublishedKey[] }> {
    return { keys: (await this.loaded(FRESH_MS)).jwks };
  }

  private async loaded(maxAgeMs: number): Promise<Loaded> {
    const present = await this.loading;
    if (present && Date.now() - present.at < maxAgeMs) return present;
    this.loading = this.load().catch((error: unknown) => {
      this.loading = present && Promise.resolve(present);
      if (present) return present;
      throw error;
    });
    return this.loading;
  }

  private async load(): Promise<Loaded> {
    let rows = await this.read();
    if (rows.length === 0) {
      await this.transaction.run(() => this.createFirst());
      rows = await this.read();
    }
    const [newest] = rows;
    return {
      signing: { kid: newest!.kid, privateKey: this.decrypt(newest!.private_key) },
      verifying: new Map(
        rows.map((row) => [row.kid, createPublicKey({ key: { ...row.public_jwk }, format: 'jwk' })]),
      ),
      jwks: rows.map((row) => ({ ...row.public_jwk, kid: row.kid, use: 'sig', alg: 'ES256' })),
      at: Date.now(),
    };
  }

  private read(): Promise<Row[]> {
    return this.sql.rows<Row>(
      'SELECT kid, public_jwk, private_key FROM identity.signing_keys ORDER BY created_at DESC, kid',
    );
  }

  private async createFirst(): Promise<void> {
    await this.sql.execute(`SELECT pg_advisory_xact_lock(hashtext('identity.signing_keys'))`);
    if ((await this.read()).length > 0) return;
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const jwk = publicKey.export({ format: 'jwk' }) as unknown as PublicJwk;
    await this.sql.execute(
      'INSERT INTO identity.signing_keys (kid, public_jwk, private_key) VALUES ($1, $2, $3)',
      [thumbprint(jwk), JSON.stringify(jwk), this.encrypt(privateKey)],
    );
  }

  private encrypt(privateKey: KeyObject): Buffer {
    const iv = randomBytes(12);
    const cipher = createCipheriv('aes-256-gcm', this.keys.of('signing-keys'), iv);
    const plain = privateKey.export({ format: 'der', type: 'pkcs8' });
    return Buffer.concat([iv, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
  }

  private decrypt(stored: Buffer): KeyObject {
    const decipher = createDecipheriv('aes-256-gcm', this.keys.of('signing-keys'), stored.subarray(0, 12));
    decipher.setAuthTag(stored.subarray(-16));
    try {
      const plain = Buffer.concat([decipher.update(stored.subarray(12, -16)), decipher.final()]);
      return createPrivateKey({ key: plain, format: 'der', type: 'pkcs8' });
    } catch {
      throw new Error('MASTER_KEY is not the one that encrypted the signing keys in this database.');
    }
  }
}

/** JWK thumbprint, RFC 7638. */
function thumbprint({ crv, kty, x, y }: PublicJwk): string {
  return createHash('sha256').update(JSON.stringify({ crv, kty, x, y })).digest('base64url');
}
