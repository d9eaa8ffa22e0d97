import 'reflect-metadata';
import type { Query } from '@nestjs/cqrs';
import { handles } from './context';

/** How the results of a query are cached. */
export interface Caching<Q = Query<unknown>> {
  /**
   * Name of the entry, `user-<id>`: unique in the system, so it begins with the type of the entry. It must contain
   * everything that the result depends on, including the caller's id if the result depends on the caller.
   */
  key: (query: Q) => string;
  /** Time to live in seconds, plus or minus a tenth so that entries created together do not expire together. */
  seconds: number;
}

const cached = new WeakMap<object, Caching<never>>();

/**
 * Caches the results of a query handler in Redis; place it above `@QueryHandler()`. The handler does not need to know.
 * The result must be plain JSON: callers get it after a JSON round trip. A rejection is not cached.
 *
 * A change must delete the entry twice: `Cache.forgetAfterCommit(key)` in the command, so that reads after its response
 * see the change, and a subscriber on `Queues.caches` that calls `Cache.forget(key)`, which is retried until Redis
 * answers. The route of the query returns the header `X-Cache: HIT` or `MISS`.
 */
export function Cached<Q>(caching: Caching<Q>): ClassDecorator {
  return (handler) => {
    const query = handles(handler as never);
    if (query?.kind !== 'query') throw new Error(`${handler.name}: @Cached() must be above @QueryHandler().`);
    cached.set(query.type, caching);
  };
}

/** @returns how the results of a query are cached; undefined if they are not. */
export function cachingOf(query: object): Caching<unknown> | undefined {
  return cached.get(query.constructor) as Caching<unknown> | undefined;
}
