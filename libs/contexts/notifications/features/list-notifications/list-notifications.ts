import { Controller, Get, Query as QueryString } from '@nestjs/common';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { Queries } from '@rookery/application';
import { type Caller, CurrentCaller, Explain } from '@rookery/web';
import { Inboxes, InboxQuery, InboxView } from '../../views/inbox';

export class ListNotifications extends Query<InboxView> {
  constructor(
    readonly userId: string,
    readonly page: InboxQuery,
  ) {
    super();
  }
}

@ApiTags('Notifications')
@Controller('notifications')
export class ListNotificationsRoute {
  constructor(private readonly queries: Queries) {}

  @Get()
  @Explain({
    operationId: 'listNotifications',
    summary: 'List your notifications',
    description:
      'Newest first. Likes of a post within an hour are combined in one notification, and so are follows within an hour. Users whom you cannot see and deleted posts are left out. A page can be short or empty and still have a next page.',
    ok: { type: InboxView, headers: { Link: 'URL of the next page, if there is one (RFC 8288).' } },
  })
  list(@CurrentCaller() { userId }: Caller, @QueryString() page: InboxQuery): Promise<InboxView> {
    return this.queries.execute(new ListNotifications(userId, page));
  }
}

@QueryHandler(ListNotifications)
export class ListNotificationsHandler implements IQueryHandler<ListNotifications> {
  constructor(private readonly inboxes: Inboxes) {}

  execute({ userId, page }: ListNotifications): Promise<InboxView> {
    return this.inboxes.of(userId, page);
  }
}
