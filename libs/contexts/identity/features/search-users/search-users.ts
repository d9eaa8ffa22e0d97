import { Controller, Get, Query as QueryString } from '@nestjs/common';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { Queries } from '@rookery/application';
import { SearchBulkhead } from '@rookery/persistence';
import { BY_ID, type Caller, CurrentCaller, Explain, Field, ListQuery, type Page, paged } from '@rookery/web';
import { PublicUser } from '../../views/public-user';
import { HiddenProfiles } from '../../contract/accounts';
import { PublicUsers } from '../../storage/public-users';

class UserSearch extends ListQuery {
  @Field.text({
    min: 0,
    max: 100,
    trim: true,
    default: '',
    description:
      'Part of a username or name, whatever its capitals; without three letters or digits in a row it finds those that begin with it.',
    example: 'ada',
  })
  search = '';
}

export class SearchUsers extends Query<Page<PublicUser>> {
  constructor(
    readonly viewerId: string,
    readonly page: UserSearch,
  ) {
    super();
  }
}

@ApiTags('Identity')
@Controller('users')
export class SearchUsersRoute {
  constructor(private readonly queries: Queries) {}

  @Get()
  @Explain({
    operationId: 'searchUsers',
    summary: 'Look people up',
    description: 'The newest first. Without a search, everybody.',
    ok: { list: PublicUser },
  })
  search(@CurrentCaller() { userId }: Caller, @QueryString() page: UserSearch): Promise<Page<PublicUser>> {
    return this.queries.execute(new SearchUsers(userId, page));
  }
}

@QueryHandler(SearchUsers)
export class SearchUsersHandler implements IQueryHandler<SearchUsers> {
  constructor(
    private readonly searches: SearchBulkhead,
    private readonly users: PublicUsers,
    private readonly hidden: HiddenProfiles,
  ) {}

  async execute({ viewerId, page }: SearchUsers): Promise<Page<PublicUser>> {
    const { search } = page;
    return paged(page, `users:${search.toLowerCase()}`, BY_ID, async ([before], limit) => {
      const hidden = await this.hidden.from(viewerId);
      return this.searches.run(() => this.users.search(search, hidden, before, limit));
    });
  }
}
