import { Command, CommandHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { Cached, cachingOf } from './cached';

class ReadNest extends Query<string> {
  constructor(readonly id: string) {
    super();
  }
}
class ReadEgg extends Query<string> {}

const caching = { key: ({ id }: ReadNest) => `nest-${id}`, seconds: 60 };

describe('@Cached()', () => {
  it('returns the cache options of a cached query, and undefined for others', () => {
    @Cached<ReadNest>(caching)
    @QueryHandler(ReadNest)
    class ReadNestHandler {}

    expect(ReadNestHandler).toBeDefined();
    expect(cachingOf(new ReadNest('7'))?.key(new ReadNest('7'))).toBe('nest-7');
    expect(cachingOf(new ReadEgg())).toBeUndefined();
  });

  it('refuses classes that handle no query', () => {
    class Nothing {}
    class BuildNest extends Command<void> {}
    @CommandHandler(BuildNest)
    class BuildNestHandler {}

    for (const type of [Nothing, BuildNestHandler]) {
      expect(() => Cached<ReadNest>(caching)(type)).toThrow(/must be above @QueryHandler/);
    }
  });
});
