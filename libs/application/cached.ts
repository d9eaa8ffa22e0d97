import 'reflect-metadata';
import type { Query } from '@nestjs/cqrs';
import { handles } from './context';

/** How the answers of a query are kept. */
export interface Caching<Q = Query<unknown>> {
  /**
   * Name of the entry, `user-<id>`: unique in the system, so it begins with what it is an entry of. It must hold
   * everything that the answer depends on; an answer that depends on who asks has the asker's id in it.
   */
  key: (query: Q) => string;
  /** How long an answer is good, in seconds, give or take a tenth so that entries made together do not end together. */
  seconds: number;
}

const cached = new WeakMap<object, Caching<never>>();

/**
 * Keeps the answers of a query handler in Redis; it stands above `@QueryHandler()`. The handler knows nothing of it.
 * What it answers must be plain JSON: callers get what JSON makes of it. A rejection is not kept.
 *
 * Whatever changes the answer deletes the entry twice: `Cache.forgetAfterCommit(key)` where it is changed, so that
 * whoever asks once that was answered sees it, and a subscriber on `Queues.caches` that calls `Cache.forget(key)`, which
 * is tried again until Redis answers. The route of the query answers the header `X-Cache: HIT` or `MISS`.
 */
export function Cached<Q>(caching: Caching<Q>): ClassDecorator {
  return (handler) => {
    const query = handles(handler as never);
    if (query?.kind !== 'query') throw new Error(`${handler.name}: @Cached() stands above @QueryHandler().`);
    cached.set(query.type, caching);
  };
}

/** @returns how the answers of a query are kept; undefined when they are not. */
export function cachingOf(query: object): Caching<unknown> | undefined {
  return cached.get(query.constructor) as Caching<unknown> | undefined;
}
