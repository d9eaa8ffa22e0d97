import { Controller, Delete } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { Commands } from '@rookery/application';
import { Audited } from '@rookery/audit';
import { NotFound, Rejection } from '@rookery/domain';
import { Suppressions } from '@rookery/mail';
import { Explain, RequirePermission, UuidParam } from '@rookery/web';

@Audited<RemoveSuppression>('notifications.remove-suppression', { subject: ({ id }) => id })
export class RemoveSuppression extends Command<void> {
  constructor(readonly id: string) {
    super();
  }
}

@ApiTags('Mail')
@Controller('admin/mail/suppressions')
export class RemoveSuppressionRoute {
  constructor(private readonly commands: Commands) {}

  @RequirePermission('ops:mail')
  @Delete(':id')
  @Explain({
    operationId: 'removeMailSuppression',
    summary: 'Let an address get mail again',
    description:
      'Takes the address off the list of those that get no mail because it bounced or somebody complained. If it bounces again, it returns to the list.',
    ok: { status: 204 },
    rejects: [NotFound],
  })
  remove(@UuidParam() id: string): Promise<void> {
    return this.commands.execute(new RemoveSuppression(id));
  }
}

@CommandHandler(RemoveSuppression)
export class RemoveSuppressionHandler implements ICommandHandler<RemoveSuppression> {
  constructor(private readonly suppressions: Suppressions) {}

  async execute({ id }: RemoveSuppression): Promise<void> {
    if (!(await this.suppressions.remove(id))) throw new Rejection(NotFound);
  }
}
