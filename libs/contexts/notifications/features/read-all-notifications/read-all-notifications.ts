import { Controller, Post } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { Commands } from '@rookery/application';
import { Audited } from '@rookery/audit';
import { Clock } from '@rookery/domain';
import { type Caller, CurrentCaller, Explain } from '@rookery/web';
import { Notifications } from '../../storage/notifications';

@Audited('notifications.read-all-notifications')
export class ReadAllNotifications extends Command<void> {
  constructor(readonly userId: string) {
    super();
  }
}

@ApiTags('Notifications')
@Controller('notifications')
export class ReadAllNotificationsRoute {
  constructor(private readonly commands: Commands) {}

  @Post('read-all')
  @Explain({
    operationId: 'readAllNotifications',
    summary: 'Mark all your notifications as read',
    description: 'Marks everything that is in your inbox now as read. Later notifications are unread.',
    ok: { status: 204 },
  })
  readAll(@CurrentCaller() { userId }: Caller): Promise<void> {
    return this.commands.execute(new ReadAllNotifications(userId));
  }
}

@CommandHandler(ReadAllNotifications)
export class ReadAllNotificationsHandler implements ICommandHandler<ReadAllNotifications> {
  constructor(
    private readonly clock: Clock,
    private readonly notifications: Notifications,
  ) {}

  execute({ userId }: ReadAllNotifications): Promise<void> {
    return this.notifications.readAll(userId, this.clock.now());
  }
}
