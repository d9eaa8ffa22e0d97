import { Controller, Put } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { Commands } from '@rookery/application';
import { Audited } from '@rookery/audit';
import { Clock, NotFound, Rejection } from '@rookery/domain';
import { type Caller, CurrentCaller, Explain, UuidParam } from '@rookery/web';
import { Notifications } from '../../storage/notifications';

@Audited<ReadNotification>('notifications.read-notification', { subject: ({ id }) => id })
export class ReadNotification extends Command<void> {
  constructor(
    readonly userId: string,
    readonly id: string,
  ) {
    super();
  }
}

@ApiTags('Notifications')
@Controller('notifications')
export class ReadNotificationRoute {
  constructor(private readonly commands: Commands) {}

  @Put(':id/read')
  @Explain({
    operationId: 'readNotification',
    summary: 'Mark a notification as read',
    description:
      'The notification becomes unread again if another like or follow within its hour is added to it.',
    ok: { status: 204 },
    rejects: [NotFound],
  })
  read(@CurrentCaller() { userId }: Caller, @UuidParam() id: string): Promise<void> {
    return this.commands.execute(new ReadNotification(userId, id));
  }
}

@CommandHandler(ReadNotification)
export class ReadNotificationHandler implements ICommandHandler<ReadNotification> {
  constructor(
    private readonly clock: Clock,
    private readonly notifications: Notifications,
  ) {}

  async execute({ userId, id }: ReadNotification): Promise<void> {
    if (!(await this.notifications.read(userId, id, this.clock.now()))) throw new Rejection(NotFound);
  }
}
