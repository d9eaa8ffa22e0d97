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
    summary: 'Allow mail to an address again',
    description:
      'Removes the address from the list of those that get no mail because of a bounce or a complaint. If it bounces again, it is added again.',
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
