import { Controller, Post, Req, Res } from '@nestjs/common';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { Queries } from '@rookery/application';
import { Rejection } from '@rookery/domain';
import { Explain, Field, NeverStored, Public } from '@rookery/web';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { BrowserSessions } from '../../services/browser-sessions';
import { RefreshTokens } from '../../services/refresh-token';
import { OriginNotAllowed, RefreshInvalid } from '../../model/rejections';
import { Sessions } from '../../storage/sessions';

class CsrfToken {
  @Field.text({ max: 100, description: 'Send it as `X-CSRF-Token` with every request that uses the cookie.' })
  csrfToken: string;
}

export class ReadCsrfToken extends Query<CsrfToken> {
  constructor(readonly refreshToken: string) {
    super();
  }
}

/** A POST, because browsers name the origin of every POST, but not of a GET to the page's own origin. */
@ApiTags('Auth')
@Controller('auth/csrf-token')
export class ReadCsrfTokenRoute {
  constructor(
    private readonly browsers: BrowserSessions,
    private readonly queries: Queries,
  ) {}

  @NeverStored()
  @Public()
  @Post()
  @Explain({
    operationId: 'readCsrfToken',
    summary: 'Get the CSRF token of the cookie’s session again',
    description:
      'For a new tab or a reloaded page, which has the cookie but not the `csrfToken` of the sign-in. Changes nothing. The `Origin` must be the API’s own or in `CORS_ORIGINS`; other pages cannot read the response.',
    ok: { type: CsrfToken },
    rejects: [RefreshInvalid, OriginNotAllowed],
  })
  read(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply): Promise<CsrfToken> {
    const work = (refreshToken: string) => this.queries.execute(new ReadCsrfToken(refreshToken));
    return this.browsers.use(request, reply, work, false);
  }
}

@QueryHandler(ReadCsrfToken)
export class ReadCsrfTokenHandler implements IQueryHandler<ReadCsrfToken> {
  constructor(
    private readonly browsers: BrowserSessions,
    private readonly refreshTokens: RefreshTokens,
    private readonly sessions: Sessions,
  ) {}

  async execute({ refreshToken }: ReadCsrfToken): Promise<CsrfToken> {
    const token = this.refreshTokens.read(refreshToken);
    const session = token && (await this.sessions.alive(token.sessionId));
    if (!session?.inCookie) throw new Rejection(RefreshInvalid);
    return { csrfToken: this.browsers.csrfTokenOf(session.id) };
  }
}
