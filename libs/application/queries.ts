import { Injectable } from '@nestjs/common';
import { type Query, QueryBus } from '@nestjs/cqrs';
import { histogram, inSpan } from '@rookery/observability';
import { Cache } from './cache';
import { cachingOf } from './cached';

const seconds = histogram({
  name: 'rookery_query_duration_seconds',
  help: 'Duration of queries in seconds.',
  labels: ['query'],
});

/** The only way to read: each query runs in a span, is counted, and cannot change anything. */
@Injectable()
export class Queries {
  constructor(
    private readonly bus: QueryBus,
    private readonly cache: Cache,
  ) {}

  /**
   * Runs a query's handler, or returns the cached result if the handler is `@Cached()`.
   *
   * @throws Rejection if the caller may not see the result
   */
  async execute<Result>(query: Query<Result>): Promise<Result> {
    const name = query.constructor.name;
    const end = seconds.startTimer({ query: name });
    try {
      return await inSpan(`query ${name}`, {}, () => this.answer(query));
    } finally {
      end();
    }
  }

  private answer<Result>(query: Query<Result>): Promise<Result> {
    const caching = cachingOf(query);
    const ask = () => this.bus.execute(query);
    return caching ? this.cache.through(caching.key(query), caching.seconds, ask) : ask();
  }
}
