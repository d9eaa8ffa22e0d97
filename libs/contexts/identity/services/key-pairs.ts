import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createPrivateKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
} from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Sql } from '@rookery/persistence';
import type { KeyState } from '../model/key-stages';
import { Keys } from '../keys';

/** The stored public part of a key pair. */
export interface PublicJwk {
  kty: string;
  crv: string;
  x: string;
  y: string;
}

/** A stored key pair. */
export interface StoredPair {
  /** JWK thumbprint (RFC 7638). */
  kid: string;
  state: KeyState;
  /** Seconds in this state, by PostgreSQL's clock. */
  seconds: number;
  publicJwk: PublicJwk;
  /** Encrypted; see {@link KeyPairs.decrypt}. */
  privateKey: Buffer;
}

/** The ES256 key pairs in the database, private parts encrypted with AES-256-GCM under a key of `MASTER_KEY`. */
@Injectable()
export class KeyPairs {
  constructor(
    private readonly keys: Keys,
    private readonly sql: Sql,
  ) {}

  /** @returns the keys that verify, newest first. */
  all(): Promise<StoredPair[]> {
    return this.sql.rows<StoredPair & Record<string, unknown>>(
      `SELECT kid, state, extract(epoch FROM now() - state_since)::float8 AS seconds, public_jwk AS "publicJwk",
              private_key AS "privateKey"
       FROM identity.signing_keys ORDER BY created_at DESC, kid`,
    );
  }

  /** Serializes changes of the keys until the current transaction ends. */
  async lock(): Promise<void> {
    await this.sql.execute(`SELECT pg_advisory_xact_lock(hashtext('identity.signing_keys'))`);
  }

  /** Creates a new pair. */
  async add(state: 'next' | 'signing'): Promise<void> {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const jwk = publicKey.export({ format: 'jwk' }) as unknown as PublicJwk;
    await this.sql.execute(
      'INSERT INTO identity.signing_keys (kid, public_jwk, private_key, state) VALUES ($1, $2, $3, $4)',
      [thumbprint(jwk), JSON.stringify(jwk), this.encrypt(privateKey), state],
    );
  }

  /** Moves the pairs in one state to another. */
  async move(from: KeyState, to: KeyState): Promise<void> {
    await this.sql.execute(
      'UPDATE identity.signing_keys SET state = $2, state_since = now() WHERE state = $1',
      [from, to],
    );
  }

  /** Deletes pairs: tokens that they signed become invalid. */
  async remove(kids: readonly string[]): Promise<void> {
    await this.sql.execute('DELETE FROM identity.signing_keys WHERE kid = ANY ($1::text[])', [kids]);
  }

  /** @throws Error if it was encrypted with a different `MASTER_KEY` */
  decrypt(stored: Buffer): KeyObject {
    const decipher = createDecipheriv('aes-256-gcm', this.keys.of('signing-keys'), stored.subarray(0, 12));
    decipher.setAuthTag(stored.subarray(-16));
    try {
      const plain = Buffer.concat([decipher.update(stored.subarray(12, -16)), decipher.final()]);
      return createPrivateKey({ key: plain, format: 'der', type: 'pkcs8' });
    } catch {
      throw new Error('MASTER_KEY is not the one that encrypted the signing keys in this database.');
    }
  }

  private encrypt(privateKey: KeyObject): Buffer {
    const iv = randomBytes(12);
    const cipher = createCipheriv('aes-256-gcm', this.keys.of('signing-keys'), iv);
    const plain = privateKey.export({ format: 'der', type: 'pkcs8' });
    return Buffer.concat([iv, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
  }
}

/** JWK thumbprint, RFC 7638. */
function thumbprint({ crv, kty, x, y }: PublicJwk): string {
  return createHash('sha256').update(JSON.stringify({ crv, kty, x, y })).digest('base64url');
}
