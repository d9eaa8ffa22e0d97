import { AsyncLocalStorage } from 'node:async_hooks';
import { createHmac, randomUUID } from 'node:crypto';
import { deserialize, serialize } from 'node:v8';
import { Injectable } from '@nestjs/common';
import { Conflict, Rejection } from '@rookery/domain';
import { Sql, Transaction, type TransactionOptions } from '@rookery/persistence';
import { MasterKey } from '@rookery/settings';
import { seal, unseal } from './seal';

/** A request that must have its effect only once, however often it is sent. */
export interface KeyedRequest {
  /** Digest of the scope: caller, method and path. */
  scope: Buffer;
  /** The key as the client sent it. */
  key: string;
  /** See {@link IdempotencyKeys.fingerprint}. */
  fingerprint: Buffer;
}

/** A lease on a key. A takeover gets a different `id`, and the first claim can no longer commit. */
export interface Claim extends KeyedRequest {
  readonly id: string;
  /** Whether results of commands and the response are stored. */
  readonly stores: boolean;
  /** Encrypted results of the commands that an earlier claim has committed, in base64, by step. */
  readonly effects: Readonly<Record<string, string>>;
  steps: number;
}

/** State of a key. */
export type KeyState =
  | { state: 'mine'; claim: Claim }
  | { state: 'answered'; answer: Buffer }
  /** Another request is running with this key. */
  | { state: 'running' }
  /** It belongs to a request with a different query or body. */
  | { state: 'reused' };

/** Seconds without a response after which a claim's process is considered dead, and seconds a response is stored. */
const LEASE_SECONDS = 60;
const KEEP_SECONDS = 86_400;

/**
 * Commits asynchronously. If PostgreSQL crashes, it can lose the claims and responses of the last moments. A lost claim
 * is harmless: a command commits nothing without its claim, and commits are flushed in order, so a command on disk has
 * its claim on disk. A lost response is rebuilt from the stored result of its command. Only a claim with `stores:
 * false` must be flushed at once, because its commands do not check it.
 */
const UNDONE_BY_A_CRASH: TransactionOptions = { redone: true };

interface Row {
  same: boolean;
  answer: Buffer | null;
}

/**
 * Idempotency keys. The effect of a command and its record commit together; the record contains the command's result,
 * so that a takeover can respond without repeating the effect.
 */
@Injectable()
export class IdempotencyKeys {
  private readonly storage = new AsyncLocalStorage<Claim>();
  private readonly sealing: Buffer;
  private readonly printing: Buffer;

  constructor(
    master: MasterKey,
    private readonly sql: Sql,
    private readonly transaction: Transaction,
  ) {
    this.sealing = master.derive('idempotency-answers');
    this.printing = master.derive('idempotency-fingerprints');
  }

  /**
   * @param canonical canonical form of body and query, in pieces
   * @returns its HMAC-SHA-256: bodies contain passwords, so a plain digest at rest could be guessed
   */
  async fingerprint(canonical: AsyncIterable<string>): Promise<Buffer> {
    const hmac = createHmac('sha256', this.printing);
    for await (const piece of canonical) hmac.update(piece);
    return hmac.digest();
  }

  /**
   * Claims a key for 60 s, in a separate transaction; takes over a claim that is older.
   *
   * @param stores false for responses that must not be stored: the key is free again after the response
   */
  async claim(request: KeyedRequest, stores: boolean): Promise<KeyState> {
    const claim = { ...request, id: randomUUID(), stores, effects: {}, steps: 0 };
    const values = [request.scope, request.key, request.fingerprint, claim.id, LEASE_SECONDS, KEEP_SECONDS];
    const options = stores ? UNDONE_BY_A_CRASH : undefined;
    const first = await this.sql.executeAlone(
      `INSERT INTO platform.idempotency_keys (scope, key, fingerprint, claim, leased_until, expires_at)
       VALUES ($1, $2, $3, $4, now() + make_interval(secs => $5), now() + make_interval(secs => $6))
       ON CONFLICT (scope, key) DO NOTHING`,
      values,
      options,
    );
    if (first === 1) return { state: 'mine', claim };
    return this.transaction.run(async () => {
      const over = await this.sql.row<{ effects: Record<string, string> }>(
        `UPDATE platform.idempotency_keys SET fingerprint = $3, claim = $4, answer = NULL,
           leased_until = now() + make_interval(secs => $5),
           effects = CASE WHEN expires_at <= now() THEN '{}' ELSE effects END,
           expires_at = CASE WHEN expires_at <= now() THEN now() + make_interval(secs => $6) ELSE expires_at END
         WHERE scope = $1 AND key = $2
           AND (expires_at <= now() OR (answer IS NULL AND leased_until <= now() AND fingerprint = $3))
         RETURNING effects`,
        values,
      );
      if (over) return { state: 'mine', claim: { ...claim, effects: over.effects } };
      return this.present(request);
    }, options);
  }

  /** Runs a request's work under its claim: its commands go through {@link once}. */
  under<T>(claim: Claim, work: () => Promise<T>): Promise<T> {
    return this.storage.run(claim, work);
  }

  /**
   * Runs a command once per key. Without a claim, or inside another command, it runs normally.
   *
   * @param names of the command: its durable name, then previous names
   * @param execute runs it in a separate transaction; its result must be plain data
   * @returns its result, or that of an earlier claim
   * @throws Rejection `resource.conflict` if the claim was taken over in the meantime; nothing is changed then
   */
  async once<T>(
    names: readonly string[],
    execute: (noted: (result: T) => Promise<T>) => Promise<T>,
  ): Promise<T> {
    const claim = this.storage.getStore();
    if (!claim?.stores || this.transaction.active) return execute((result) => Promise.resolve(result));
    const number = claim.steps++;
    const steps = names.map((name) => `${number}:${name}`);
    const done = steps.find((each) => claim.effects[each] !== undefined);
    if (done !== undefined) {
      const result = Buffer.from(claim.effects[done]!, 'base64');
      return deserialize(unseal(this.sealing, result, aboutOf(claim, done))) as T;
    }
    const step = steps[0]!;
    return execute(async (result) => {
      await this.note(claim, step, result);
      return result;
    });
  }

  /** Stores the response of a claim; does nothing if it was taken over. */
  async answer(claim: Claim, answer: Buffer): Promise<void> {
    const values = [claim.scope, claim.key, claim.id, seal(this.sealing, answer, aboutOf(claim, 'answer'))];
    await this.transaction.run(
      async () =>
        this.sql.send(
          `UPDATE platform.idempotency_keys SET answer = $4 WHERE scope = $1 AND key = $2 AND claim = $3`,
          values,
        ),
      UNDONE_BY_A_CRASH,
    );
  }

  /** Releases a claim without a response: the next request runs, except for commands that have committed. */
  async release({ scope, key, id }: Claim): Promise<void> {
    await this.transaction.run(async () => {
      const gone = await this.sql.execute(
        `DELETE FROM platform.idempotency_keys WHERE scope = $1 AND key = $2 AND claim = $3 AND effects = '{}'`,
        [scope, key, id],
      );
      if (gone === 1) return;
      await this.sql.execute(
        `UPDATE platform.idempotency_keys SET leased_until = now() WHERE scope = $1 AND key = $2 AND claim = $3`,
        [scope, key, id],
      );
    });
  }

  /** Deletes expired keys, at most the given number. @returns number of deleted keys */
  prune(limit: number): Promise<number> {
    return this.sql.execute(
      `DELETE FROM platform.idempotency_keys WHERE (scope, key) IN (
         SELECT scope, key FROM platform.idempotency_keys WHERE expires_at <= now()
         ORDER BY expires_at LIMIT $1 FOR UPDATE SKIP LOCKED)`,
      [limit],
    );
  }

  private async present(request: KeyedRequest): Promise<KeyState> {
    const row = await this.sql.row<Row>(
      `SELECT fingerprint = $3 AS same, answer FROM platform.idempotency_keys WHERE scope = $1 AND key = $2`,
      [request.scope, request.key, request.fingerprint],
    );
    if (row && !row.same) return { state: 'reused' };
    if (!row?.answer) return { state: 'running' };
    return { state: 'answered', answer: unseal(this.sealing, row.answer, aboutOf(request, 'answer')) };
  }

  /**
   * Inside the command's transaction, after its own statements: the row lock decides between this claim and a takeover.
   */
  private async note(claim: Claim, step: string, result: unknown): Promise<void> {
    const sealed = seal(this.sealing, serialize(result), aboutOf(claim, step)).toString('base64');
    const mine = await this.sql.execute(
      `UPDATE platform.idempotency_keys SET effects = effects || jsonb_build_object($4::text, $5::text)
       WHERE scope = $1 AND key = $2 AND claim = $3`,
      [claim.scope, claim.key, claim.id, step, sealed],
    );
    if (mine !== 1) throw new Rejection(Conflict);
  }
}

function aboutOf({ scope, key }: KeyedRequest, what: string): Buffer {
  return Buffer.from(JSON.stringify([scope.toString('hex'), key, what]));
}
