import { Controller, Get, Query as QueryString } from '@nestjs/common';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { Queries } from '@rookery/application';
import { SearchBulkhead } from '@rookery/persistence';
import {
  BY_ID,
  type Caller,
  CurrentCaller,
  ExactlyOneOf,
  Explain,
  Field,
  ListQuery,
  type Page,
  paged,
} from '@rookery/web';
import { UserView } from '../../views/user';
import { USERNAME } from '../../model/names';
import { HiddenProfiles } from '../../contract/accounts';
import { Avatars } from '../../contract/avatars';
import { Profiles } from '../../contract/profiles';
import { type PublicUserRow, PublicUsers } from '../../storage/public-users';

@ExactlyOneOf('search', 'username')
class UserSearch extends ListQuery {
  @Field.text({
    min: 0,
    max: 100,
    trim: true,
    optional: true,
    description:
      'Part of a username or name, not case-sensitive; empty for all users. Without three letters or digits in a row, finds the names that start with it.',
    example: 'ada',
  })
  search?: string;

  @Field.text({
    max: USERNAME.max,
    optional: true,
    description: 'The whole username, not case-sensitive: finds one user or none.',
    example: 'ada',
  })
  username?: string;
}

export class SearchUsers extends Query<Page<UserView>> {
  constructor(
    readonly viewerId: string,
    readonly page: UserSearch,
  ) {
    super();
  }
}

@ApiTags('Users')
@Controller('users')
export class SearchUsersRoute {
  constructor(private readonly queries: Queries) {}

  @Get()
  @Explain({
    operationId: 'searchUsers',
    summary: 'Search users',
    description:
      'Takes exactly one of `search` and `username`. Sorted by registration, newest first; an empty `search` lists all users.',
    ok: { list: UserView },
  })
  search(@CurrentCaller() { userId }: Caller, @QueryString() page: UserSearch): Promise<Page<UserView>> {
    return this.queries.execute(new SearchUsers(userId, page));
  }
}

@QueryHandler(SearchUsers)
export class SearchUsersHandler implements IQueryHandler<SearchUsers> {
  constructor(
    private readonly avatars: Avatars,
    private readonly searches: SearchBulkhead,
    private readonly users: PublicUsers,
    private readonly hidden: HiddenProfiles,
    private readonly profiles: Profiles,
  ) {}

  async execute({ viewerId, page }: SearchUsers): Promise<Page<UserView>> {
    const { search, username } = page;
    const found = await (search === undefined
      ? this.lookUp(username!, page)
      : this.search(search, viewerId, page));
    const data = await this.profiles.complete(found.data, viewerId);
    return { ...found, data: await this.avatars.complete(data) };
  }

  private search(text: string, viewerId: string, page: UserSearch): Promise<Page<PublicUserRow>> {
    return paged(page, `users:${text.toLowerCase()}`, BY_ID, async ([before], limit) => {
      const hidden = await this.hidden.from(viewerId);
      return this.searches.run(() => this.users.search(text, hidden, before, limit));
    });
  }

  private lookUp(username: string, page: UserSearch): Promise<Page<PublicUserRow>> {
    return paged(page, `user:${username.toLowerCase()}`, BY_ID, async () => {
      const user = await this.users.findByUsername(username);
      return user ? [user] : [];
    });
  }
}
