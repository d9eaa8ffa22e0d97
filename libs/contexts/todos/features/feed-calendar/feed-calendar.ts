import { Controller, Delete, Get, Header, Post } from '@nestjs/common';
import {
  Command,
  CommandHandler,
  type ICommandHandler,
  type IQueryHandler,
  Query,
  QueryHandler,
} from '@nestjs/cqrs';
import { ApiSchema, ApiTags } from '@nestjs/swagger';
import { Commands, Queries } from '@rookery/application';
import { Audited } from '@rookery/audit';
import { Clock, type EventOf, NIL_UUID, NotFound, Rejection } from '@rookery/domain';
import { type Handles, Queues, Subscriber } from '@rookery/messaging';
import {
  type Caller,
  CurrentCaller,
  defineRatePolicy,
  Explain,
  Field,
  NeverStored,
  OutlivesSession,
  Public,
  RateLimit,
  SecretParam,
  SessionOnly,
  WebSettings,
} from '@rookery/web';
import { AccessReset, Recipients } from '../../../identity/contract';
import { TodoAccess } from '../../services/todo-access';
import { CalendarFeeds } from '../../storage/calendar-feeds';
import { CALENDAR_BEGIN, CALENDAR_END, calendarTodo } from '../../views/calendar';
import { TodosQuery } from '../../views/todo-filters';
import { TodoLists } from '../../views/todo-lists';

/** Todos in a feed, of those that are due first. */
const MAX_TODOS = 1_000;
const PAST_DAYS = 30;
const CACHE_CONTROL = 'private, max-age=300';

const FEEDS = defineRatePolicy('calendar-feed', {
  quota: '30/60',
  per: ['ip'],
  doc: 'Reading calendars by their secret addresses, per address of the client.',
});

@ApiSchema({ name: 'CalendarFeed' })
class CalendarFeedView {
  @Field.url({ description: 'Secret address for a calendar program. It is shown once.' })
  url: string;
}

@Audited('todos.create-calendar-feed')
export class CreateCalendarFeed extends Command<string> {
  constructor(readonly userId: string) {
    super();
  }
}

@Audited('todos.revoke-calendar-feed')
export class RevokeCalendarFeed extends Command<void> {
  constructor(readonly userId: string) {
    super();
  }
}

export class ReadCalendarFeed extends Query<string> {
  constructor(readonly token: string) {
    super();
  }
}

@ApiTags('Todos')
@Controller()
export class FeedCalendarRoute {
  constructor(
    private readonly commands: Commands,
    private readonly queries: Queries,
    private readonly settings: WebSettings,
  ) {}

  @OutlivesSession()
  @Post('me/calendar-feed')
  @SessionOnly()
  @NeverStored()
  @Explain({
    operationId: 'createCalendarFeed',
    summary: 'Get an address for your calendar',
    description: 'Whoever has the address reads your todos with due dates. One before it stops working.',
    ok: { status: 201, type: CalendarFeedView },
  })
  async create(@CurrentCaller() { userId }: Caller): Promise<CalendarFeedView> {
    const token = await this.commands.execute(new CreateCalendarFeed(userId));
    return { url: `${this.settings.publicUrl}/v1/calendars/${token}` };
  }

  @Delete('me/calendar-feed')
  @Explain({
    operationId: 'revokeCalendarFeed',
    summary: 'Revoke the address for your calendar',
    description: 'The address stops working at once. 404 if there is none.',
    ok: { status: 204 },
    rejects: [NotFound],
  })
  revoke(@CurrentCaller() { userId }: Caller): Promise<void> {
    return this.commands.execute(new RevokeCalendarFeed(userId));
  }

  @Public()
  @Get('calendars/:token')
  @RateLimit(FEEDS)
  @Header('content-type', 'text/calendar; charset=utf-8')
  @Header('cache-control', CACHE_CONTROL)
  @Explain({
    operationId: 'readCalendarFeed',
    summary: 'Read a calendar by its secret address',
    description:
      'For calendar programs, which do not sign in: VTODO components (RFC 5545) of what is to be done, due in the last 30 days or later, at most 1,000.',
    ok: {
      mediaType: 'text/calendar',
      headers: { 'Cache-Control': `Who may cache the response: \`${CACHE_CONTROL}\`.` },
    },
    rejects: [NotFound],
  })
  read(@SecretParam('token') token: string): Promise<string> {
    return this.queries.execute(new ReadCalendarFeed(token));
  }
}

@CommandHandler(CreateCalendarFeed)
export class CreateCalendarFeedHandler implements ICommandHandler<CreateCalendarFeed> {
  constructor(
    private readonly clock: Clock,
    private readonly feeds: CalendarFeeds,
  ) {}

  execute({ userId }: CreateCalendarFeed): Promise<string> {
    return this.feeds.renew(userId, this.clock.now());
  }
}

@CommandHandler(RevokeCalendarFeed)
export class RevokeCalendarFeedHandler implements ICommandHandler<RevokeCalendarFeed> {
  constructor(private readonly feeds: CalendarFeeds) {}

  async execute({ userId }: RevokeCalendarFeed): Promise<void> {
    if (!(await this.feeds.revoke(userId))) throw new Rejection(NotFound);
  }
}

@QueryHandler(ReadCalendarFeed)
export class ReadCalendarFeedHandler implements IQueryHandler<ReadCalendarFeed> {
  constructor(
    private readonly access: TodoAccess,
    private readonly clock: Clock,
    private readonly feeds: CalendarFeeds,
    private readonly lists: TodoLists,
    private readonly recipients: Recipients,
  ) {}

  /** An account that is deleted has no calendar from that moment on. */
  async execute({ token }: ReadCalendarFeed): Promise<string> {
    const userId = await this.feeds.userOf(token);
    const [user] = userId === undefined ? [] : await this.recipients.find([userId]);
    if (!user) throw new Rejection(NotFound);
    const workspaces = await this.access.workspacesOf(user.id);
    const since = new Date(this.clock.now().getTime() - PAST_DAYS * 86_400_000).toISOString();
    const query = Object.assign(new TodosQuery(), { sort: 'dueDate', status: ['PENDING'], dueFrom: since });
    const scope = { responsibleId: user.id, workspaceIds: workspaces.map(({ workspaceId }) => workspaceId) };
    const todos = await this.lists.read(scope, query, ['-infinity', NIL_UUID], MAX_TODOS);
    const zones = new Set<string>();
    return CALENDAR_BEGIN + todos.map((todo) => calendarTodo(todo, zones)).join('') + CALENDAR_END;
  }
}

/** Whoever made an address with a stolen session must not read on when its owner has ended that. */
@Subscriber('todos.revoke-calendar-feed', AccessReset, { queue: Queues.projections })
export class RevokeFeedOnReset implements Handles<typeof AccessReset> {
  constructor(private readonly feeds: CalendarFeeds) {}

  async handle({ data: { userId } }: EventOf<typeof AccessReset>): Promise<void> {
    await this.feeds.revoke(userId);
  }
}
