import { Controller, Delete } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { Commands } from '@rookery/application';
import { Audited } from '@rookery/audit';
import { NotFound, Rejection } from '@rookery/domain';
import { type Caller, CurrentCaller, Explain, Fresh, UuidParam } from '@rookery/web';
import { ApiKeys } from '../../services/api-keys';

@Audited('identity.revoke-api-key')
export class RevokeApiKey extends Command<void> {
  constructor(
    readonly userId: string,
    readonly keyId: string,
  ) {
    super();
  }
}

@ApiTags('API keys')
@Controller('me/api-keys')
export class RevokeApiKeyRoute {
  constructor(private readonly commands: Commands) {}

  @Fresh()
  @Delete(':id')
  @Explain({
    operationId: 'revokeApiKey',
    summary: 'Revoke an API key',
    description: 'The key stops working within five seconds.',
    ok: { status: 204 },
    rejects: [NotFound],
  })
  revoke(@UuidParam() id: string, @CurrentCaller() { userId }: Caller): Promise<void> {
    return this.commands.execute(new RevokeApiKey(userId, id));
  }
}

@CommandHandler(RevokeApiKey)
export class RevokeApiKeyHandler implements ICommandHandler<RevokeApiKey> {
  constructor(private readonly apiKeys: ApiKeys) {}

  async execute({ userId, keyId }: RevokeApiKey): Promise<void> {
    if (!(await this.apiKeys.revoke(keyId, userId))) throw new Rejection(NotFound);
  }
}
