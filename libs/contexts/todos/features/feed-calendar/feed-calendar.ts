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

/** Maximum number of todos in a feed; those that are due first. */
const MAX_TODOS = 1_000;
const PAST_DAYS = 30;
const CACHE_CONTROL = 'private, max-age=300';

const FEEDS = defineRatePolicy('calendar-feed', {
  quota: '30/60',
  per: ['ip'],
  doc: 'Requests for calendars by their secret URLs, per IP address.',
});

@ApiSchema({ name: 'CalendarFeed' })
class CalendarFeedView {
  @Field.url({ description: 'Secret URL for a calendar program. It is returned only once.' })
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
    summary: 'Create a secret URL for your calendar',
    description: 'Anyone who has the URL can read your todos with due dates. A previous URL stops working.',
    ok: { status: 201, type: CalendarFeedView },
  })
  async create(@CurrentCaller() { userId }: Caller): Promise<CalendarFeedView> {
    const token = await this.commands.execute(new CreateCalendarFeed(userId));
    return { url: `${this.settings.publicUrl}/v1/calendars/${token}` };
  }

  @Delete('me/calendar-feed')
  @Explain({
    operationId: 'revokeCalendarFeed',
    summary: 'Revoke the secret URL of your calendar',
    description: 'The URL stops working immediately. Returns 404 if you have none.',
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
    summary: 'Read a calendar by its secret URL',
    description:
      'For calendar programs, which do not sign in. Returns pending todos that are due in the last 30 days or later as VTODO components (RFC 5545), at most 1,000.',
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

  /** Once an account is deleted, its calendar cannot be read. */
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

/** Someone who created the URL with a stolen session must lose access when the owner ends that session. */
@Subscriber('todos.revoke-calendar-feed', AccessReset, { queue: Queues.projections })
export class RevokeFeedOnReset implements Handles<typeof AccessReset> {
  constructor(private readonly feeds: CalendarFeeds) {}

  async handle({ data: { userId } }: EventOf<typeof AccessReset>): Promise<void> {
    await this.feeds.revoke(userId);
  }
}
