import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { newId, occurred } from '@rookery/domain';
import { Outbox, Sql, Transaction } from '@rookery/persistence';
import type { Caller } from '@rookery/web';
import { LRUCache } from 'lru-cache';
import { AccessReset } from '../contract/events';
import { ApiKeyCreated } from '../events';
import type { Role } from '../model/user';
import type { TokenAuthenticator } from './token-authenticator';
import { RolePermissions } from './permissions';

/** Cache TTL of a key in milliseconds: revoking one takes effect within this time. */
const CACHE_TTL_MS = 4_000;
const CACHE_SIZE = 10_000;
const SECRET_BYTES = 32;
const SHAPE = /^rk_([0-9a-f]{8})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{12})_([\w-]{43})$/;

interface KnownKey {
  id: string;
  userId: string;
  role: Role;
  secretHash: Buffer;
  scopes: string[];
  /** Whether its last use was recorded more than a minute ago. */
  useIsNews: boolean;
}

/** Data of a new key. */
export interface NewApiKey {
  userId: string;
  /** Session that creates it; null for tokens of other issuers. */
  sessionId: string | null;
  name: string;
  scopes: readonly string[];
  expiresAt: Date;
}

/**
 * Keys with which programs act for a user: `rk_<id>_<secret>`. Only the SHA-256 of the secret, 256 random bits, is
 * stored.
 */
@Injectable()
export class ApiKeys implements TokenAuthenticator {
  private readonly known = new LRUCache<string, Promise<KnownKey | undefined>>({
    max: CACHE_SIZE,
    ttl: CACHE_TTL_MS,
  });

  constructor(
    private readonly outbox: Outbox,
    private readonly permissions: RolePermissions,
    private readonly sql: Sql,
    private readonly transaction: Transaction,
  ) {}

  /** @returns the key, which cannot be read again, and its public data. */
  async create({
    userId,
    sessionId,
    name,
    scopes,
    expiresAt,
  }: NewApiKey): Promise<{ id: string; prefix: string; key: string }> {
    const id = newId();
    const prefix = `rk_${id.replaceAll('-', '')}`;
    const secret = randomBytes(SECRET_BYTES).toString('base64url');
    await this.sql.execute(
      `INSERT INTO identity.api_keys (id, user_id, name, prefix, secret_hash, scopes, expires_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7)`,
      [id, userId, name, prefix, sha256(secret), scopes, expiresAt],
    );
    await this.outbox.append([
      { definition: ApiKeyCreated, subject: id, sequence: 1, data: { userId, sessionId } },
    ]);
    return { id, prefix, key: `${prefix}_${secret}` };
  }

  /** @returns the number of valid keys of a user. */
  async countOf(userId: string): Promise<number> {
    const row = await this.sql.row<{ count: number }>(
      `SELECT count(*)::int AS count FROM identity.api_keys
       WHERE user_id = $1 AND revoked_at IS NULL AND expires_at > now()`,
      [userId],
    );
    return row!.count;
  }

  /**
   * Ends a key.
   *
   * @returns false if the user has no such key
   */
  async revoke(id: string, userId: string): Promise<boolean> {
    const revoked = await this.sql.execute(
      'UPDATE identity.api_keys SET revoked_at = now() WHERE id = $1 AND user_id = $2 AND revoked_at IS NULL',
      [id, userId],
    );
    this.transaction.afterCommit(() => void this.known.delete(id));
    return revoked === 1;
  }

  /**
   * Revokes all keys of a user, and makes other contexts revoke similar access. The caller must hold the lock on the
   * account, so that no key is created concurrently.
   */
  async revokeAll(userId: string): Promise<void> {
    const revoked = await this.sql.rows<{ id: string }>(
      'UPDATE identity.api_keys SET revoked_at = now() WHERE user_id = $1 AND revoked_at IS NULL RETURNING id',
      [userId],
    );
    this.transaction.afterCommit(() => revoked.forEach(({ id }) => this.known.delete(id)));
    await this.outbox.append([occurred(AccessReset, { userId })]);
  }

  /** A key can do what both its scopes and the current role of its user allow. */
  async authenticate(token: string, maxAgeMs = CACHE_TTL_MS): Promise<Caller | undefined> {
    const [, ...parts] = SHAPE.exec(token) ?? [];
    const secret = parts.pop();
    if (secret === undefined) return undefined;
    const key = await this.look(parts.join('-'), maxAgeMs);
    if (!key || !timingSafeEqual(key.secretHash, sha256(secret))) return undefined;
    if (key.useIsNews) await this.noteUse(key);
    const held = await this.permissions.of(key.role);
    return {
      userId: key.userId,
      sessionId: null,
      roles: [key.role],
      permissions: new Set(key.scopes.filter((scope) => held.has(scope))),
      scopes: new Set(key.scopes),
      authenticatedAt: null,
    };
  }

  /** At most once a minute across all processes. */
  private async noteUse(key: KnownKey): Promise<void> {
    key.useIsNews = false;
    await this.transaction.run(() =>
      this.sql.execute(
        `UPDATE identity.api_keys SET last_used_at = now()
         WHERE id = $1 AND (last_used_at IS NULL OR last_used_at < now() - interval '1 minute')`,
        [key.id],
      ),
    );
  }

  private async look(id: string, maxAgeMs: number): Promise<KnownKey | undefined> {
    let key = this.known.get(id);
    if (!key || this.known.getRemainingTTL(id) <= CACHE_TTL_MS - maxAgeMs) {
      key = this.read(id);
      this.known.set(id, key);
      key.catch(() => this.known.delete(id));
    }
    return key;
  }

  private async read(id: string): Promise<KnownKey | undefined> {
    return this.sql.row<KnownKey & Record<string, unknown>>(
      `SELECT k.id, k.user_id AS "userId", u.role, k.secret_hash AS "secretHash", k.scopes,
              coalesce(k.last_used_at < now() - interval '1 minute', true) AS "useIsNews"
       FROM identity.api_keys k JOIN identity.users u ON u.id = k.user_id
       WHERE k.id = $1 AND k.revoked_at IS NULL AND k.expires_at > now() AND u.status = 'active'`,
      [id],
    );
  }
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
