import { Controller, Get, Query as QueryString } from '@nestjs/common';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { Queries } from '@rookery/application';
import { Sql } from '@rookery/persistence';
import {
  BY_ID,
  type Caller,
  CurrentCaller,
  Explain,
  Field,
  Fresh,
  Item,
  ListQuery,
  type Page,
  paged,
} from '@rookery/web';

const LIST = 'api-keys';

class ApiKey {
  @Field.uuid({ description: 'Id of the key.' })
  id: string;

  @Field.text({ max: 100, description: 'Purpose of the key.', example: 'Nightly export' })
  name: string;

  @Field.text({
    max: 40,
    description: 'First characters of the key.',
    example: 'rk_0198c1d07a1c7f00a5d3e1c2b3a49587',
  })
  prefix: string;

  @Field.list(Item.scope(), { max: 20, description: 'What the key can do.', example: ['read'] })
  scopes: string[];

  @Field.dateTime({ description: 'When it was created.' })
  createdAt: Date;

  @Field.dateTime({ description: 'When it expires or expired.' })
  expiresAt: Date;

  @Field.dateTime({
    nullable: true,
    description: 'When it was last used, to the minute; null if never.',
  })
  lastUsedAt: Date | null;
}

export class ListApiKeys extends Query<Page<ApiKey>> {
  constructor(
    readonly userId: string,
    readonly page: ListQuery,
  ) {
    super();
  }
}

@ApiTags('API keys')
@Controller('me/api-keys')
export class ListApiKeysRoute {
  constructor(private readonly queries: Queries) {}

  @Fresh()
  @Get()
  @Explain({
    operationId: 'listApiKeys',
    summary: 'List your API keys',
    description: 'The keys themselves are not shown.',
    ok: { list: ApiKey },
  })
  list(@CurrentCaller() { userId }: Caller, @QueryString() page: ListQuery): Promise<Page<ApiKey>> {
    return this.queries.execute(new ListApiKeys(userId, page));
  }
}

@QueryHandler(ListApiKeys)
export class ListApiKeysHandler implements IQueryHandler<ListApiKeys> {
  constructor(private readonly sql: Sql) {}

  async execute({ userId, page }: ListApiKeys): Promise<Page<ApiKey>> {
    return paged(page, LIST, BY_ID, ([before], limit) =>
      this.sql.rows<ApiKey & Record<string, unknown>>(
        `SELECT id, name, prefix, scopes, created_at AS "createdAt", expires_at AS "expiresAt",
              last_used_at AS "lastUsedAt"
       FROM identity.api_keys
       WHERE user_id = $1 AND revoked_at IS NULL AND id < $2::uuid
       ORDER BY id DESC LIMIT $3`,
        [userId, before, limit],
      ),
    );
  }
}
