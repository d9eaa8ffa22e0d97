import { Controller, Get } from '@nestjs/common';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { Queries } from '@rookery/application';
import { type Caller, CurrentCaller, Explain, Versioned } from '@rookery/web';
import { AccountView } from '../../views/account';
import { OwnAccounts } from '../../services/own-accounts';

export class ReadMe extends Query<AccountView> {
  constructor(readonly userId: string) {
    super();
  }
}

@ApiTags('Account')
@Controller('me')
export class ReadMeRoute {
  constructor(private readonly queries: Queries) {}

  @Get()
  @Versioned()
  @Explain({
    operationId: 'getMe',
    summary: 'Read your account',
    description: 'Your account, as only you see it.',
    ok: { type: AccountView },
  })
  read(@CurrentCaller() caller: Caller): Promise<AccountView> {
    return this.queries.execute(new ReadMe(caller.userId));
  }
}

@QueryHandler(ReadMe)
export class ReadMeHandler implements IQueryHandler<ReadMe> {
  constructor(private readonly accounts: OwnAccounts) {}

  execute({ userId }: ReadMe): Promise<AccountView> {
    return this.accounts.get(userId);
  }
}
