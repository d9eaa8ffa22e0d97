import { Controller, Get, Query as QueryString } from '@nestjs/common';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { ApiSchema, ApiTags } from '@nestjs/swagger';
import { Queries } from '@rookery/application';
import { Sql } from '@rookery/persistence';
import {
  BY_ID,
  type Caller,
  CurrentCaller,
  Explain,
  Field,
  ListQuery,
  type Page,
  paged,
  SessionOnly,
} from '@rookery/web';

const LIST = 'sessions';

@ApiSchema({ name: 'Session' })
class SessionView {
  @Field.uuid({ description: 'Id of the session.' })
  id: string;

  @Field.text({ max: 400, min: 0, description: 'User-Agent header of the sign-in.' })
  userAgent: string;

  @Field.text({ max: 45, description: 'IP address of the sign-in.', example: '203.0.113.7' })
  ip: string;

  @Field.dateTime({ description: 'When the session started.' })
  startedAt: Date;

  @Field.dateTime({ description: 'When the session was last refreshed.' })
  lastSeenAt: Date;

  @Field.boolean({ description: 'Whether this is the session of the request.' })
  current: boolean;
}

export class ListSessions extends Query<Page<SessionView>> {
  constructor(
    readonly userId: string,
    /** That of the request. */
    readonly sessionId: string | null,
    readonly page: ListQuery,
  ) {
    super();
  }
}

@ApiTags('Sessions')
@SessionOnly()
@Controller('auth/sessions')
export class ListSessionsRoute {
  constructor(private readonly queries: Queries) {}

  @Get()
  @Explain({
    operationId: 'listSessions',
    summary: 'List your sessions',
    description: 'Active sessions, newest first.',
    ok: { list: SessionView },
  })
  list(
    @CurrentCaller() { userId, sessionId }: Caller,
    @QueryString() page: ListQuery,
  ): Promise<Page<SessionView>> {
    return this.queries.execute(new ListSessions(userId, sessionId, page));
  }
}

@QueryHandler(ListSessions)
export class ListSessionsHandler implements IQueryHandler<ListSessions> {
  constructor(private readonly sql: Sql) {}

  async execute({ userId, sessionId, page }: ListSessions): Promise<Page<SessionView>> {
    return paged(page, LIST, BY_ID, ([before], limit) =>
      this.sql.rows<SessionView & Record<string, unknown>>(
        `SELECT id, user_agent AS "userAgent", host(ip) AS ip, started_at AS "startedAt", last_seen_at AS "lastSeenAt",
              id = $2::uuid AS current
       FROM identity.sessions
       WHERE user_id = $1 AND revoked_at IS NULL AND least(idle_expires_at, expires_at) > now()
         AND id < $3::uuid
       ORDER BY id DESC LIMIT $4`,
        [userId, sessionId, before, limit],
      ),
    );
  }
}
