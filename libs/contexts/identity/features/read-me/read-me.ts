import { Controller, Get } from '@nestjs/common';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { Queries } from '@rookery/application';
import { Rejection } from '@rookery/domain';
import { Sql } from '@rookery/persistence';
import { type Caller, CurrentCaller, Explain, Field, Versioned } from '@rookery/web';
import { SignedInUser } from '../../access/sign-in';
import { AccountGone } from '../../model/rejections';

class Me extends SignedInUser {
  @Field.dateTime({ description: 'When the account was registered.' })
  registeredAt: Date;

  @Field.integer({ description: 'Version of the account; also its ETag.', example: 3 })
  version: number;
}

export class ReadMe extends Query<Me> {
  constructor(readonly userId: string) {
    super();
  }
}

@ApiTags('Identity')
@Controller('me')
export class ReadMeRoute {
  constructor(private readonly queries: Queries) {}

  @Get()
  @Versioned()
  @Explain({ operationId: 'getMe', summary: 'Read the own account', ok: { type: Me } })
  read(@CurrentCaller() caller: Caller): Promise<Me> {
    return this.queries.execute(new ReadMe(caller.userId));
  }
}

@QueryHandler(ReadMe)
export class ReadMeHandler implements IQueryHandler<ReadMe> {
  constructor(private readonly sql: Sql) {}

  async execute({ userId }: ReadMe): Promise<Me> {
    const me = await this.sql.row<Me>(
      `SELECT id, email, username, name, role, registered_at AS "registeredAt", version
       FROM identity.users WHERE id = $1 AND status <> 'deleted'`,
      [userId],
    );
    if (!me) throw new Rejection(AccountGone);
    return me;
  }
}
