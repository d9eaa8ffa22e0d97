import {
  Body,
  Controller,
  Get,
  Module,
  Patch,
  Post,
  Query,
  Req,
  Res,
  Sse,
  type Type,
  UseGuards,
} from '@nestjs/common';
import { PassportModule, PassportStrategy } from '@nestjs/passport';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { ApiTags } from '@nestjs/swagger';
import { assertVersion, defineRejection, type ExpectedVersion, Rejection, Rules } from '@rookery/domain';
import { createLogger, type Logger, LoggingModule, LogSettings, workContext } from '@rookery/observability';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Strategy } from 'passport-custom';
import { Observable } from 'rxjs';
import {
  BasicAuthGuard,
  type Caller,
  createWebApp,
  CurrentCaller,
  Explain,
  Field,
  IfMatch,
  Item,
  type Keyset,
  ListQuery,
  LongLived,
  MaxMembers,
  NeverStored,
  paged,
  Public,
  RateLimit,
  RatePolicies,
  RequestRefused,
  RequirePermission,
  serveOpenApi,
  StreamedTextBody,
  streamedText,
  TextBody,
  UuidParam,
  Versioned,
  WebModule,
  WebSettings,
} from '..';
import { operatorsOnly } from '../basic-auth';
import { Problems } from '../problems';

export const NestTaken = defineRejection(
  'sample.nest-taken',
  'conflict',
  'Another bird lives in this nest.',
  'Choose another nest.',
  undefined,
  { path: 'title', rule: Rules.taken, params: {} },
);
const TokenInvalid = defineRejection(
  'sample.token-invalid',
  'unauthenticated',
  'The token is none of ours.',
  'Sign in again.',
);

class Egg {
  @Field.text({ max: 20, description: 'Name to be.' }) name: string;
  @Field.integer({ min: 1, max: 500, description: 'Grams.', optional: true }) weight?: number;
}

/** How many bodies were made objects of their class. */
export const drafts = { count: 0 };

class NestDraft {
  constructor() {
    drafts.count += 1;
  }

  @Field.text({ max: 10, trim: true, description: 'What it is called.', example: 'Oak' }) title: string;
  @Field.email({ description: 'Whom to write to.', optional: true }) contact?: string;
  @Field.list(Item.text({ max: 5 }), { max: 3, unique: true, description: 'Topics.', optional: true })
  tags?: string[];
  @Field.list(Item.object(() => Egg), { max: 4, description: 'What lies in it.', optional: true })
  eggs?: Egg[];
  @Field.object(() => Egg, { description: 'The best one.', optional: true }) best?: Egg;
  @Field.date({ description: 'When it was built.', optional: true, nullable: true }) built?: string | null;
}

const MOODS = ['calm', 'busy'] as const;

class NestView {
  @Field.uuid({ description: 'Id.' }) id: string;
  @Field.text({ max: 10, description: 'What it is called.' }) title: string;
  @Field.integer({ min: 1, description: 'Version.' }) version: number;
  @Field.oneOf(MOODS, { name: 'Mood', description: 'Now.', optional: true }) mood?: string;
  @Field.list(Item.oneOf(MOODS, 'Mood'), { max: 9, description: 'Before.', optional: true }) moods?: string[];
  @Field.object(() => Egg, { description: 'The only one.', optional: true, nullable: true }) egg?: Egg | null;
}

class NestQuery extends ListQuery {
  @Field.list(Item.text({ max: 5 }), { max: 3, description: 'Any of these.', optional: true })
  tags?: string[];
  @Field.boolean({ description: 'Only empty ones.', optional: true }) empty?: boolean;
  @Field.text({ max: 20, description: 'Whose nests.', example: 'swifts', optional: true }) bird?: string;
}

const BY_NUMBER: Keyset<{ n: number }, readonly [n: number]> = { first: [0], of: ({ n }) => [n] };

export const ID = '01930000-0000-7000-8000-000000000001';
const RULER = '01930000-0000-7000-8000-000000000002';

@ApiTags('Nests')
@Controller('nests')
class NestController {
  @Post()
  @Public()
  @Explain({
    operationId: 'buildNest',
    summary: 'Build a nest',
    ok: { status: 201, type: NestView, headers: { Location: 'Where it is.' } },
    rejects: [NestTaken],
  })
  build(@Body() draft: NestDraft): NestDraft {
    if (draft.title === 'taken') throw new Rejection(NestTaken);
    return draft;
  }

  @Get()
  @Public()
  @Explain({ operationId: 'listNests', summary: 'List nests', ok: { list: NestView } })
  async list(@Query() query: NestQuery): Promise<unknown> {
    const page = await paged(query, 'nests', BY_NUMBER, async ([after], limit) =>
      Array.from({ length: limit }, (_, index) => ({ n: after + index + 1 })),
    );
    return { ...page, query };
  }

  @Get('own')
  @Versioned()
  @Explain({ operationId: 'getOwnNest', summary: 'Get your nest', ok: { type: NestView } })
  own(): NestView {
    return { id: ID, title: 'Oak', version: 3, egg: { name: 'e'.repeat(2_000) } };
  }

  @Get(':id')
  @Public()
  @Versioned()
  @Explain({ operationId: 'getNest', summary: 'Get a nest', ok: { type: NestView } })
  one(@UuidParam() id: string): NestView {
    return { id, title: 'Oak', version: 3 };
  }

  @Patch(':id')
  @Versioned()
  @Explain({ operationId: 'renameNest', summary: 'Rename a nest', ok: { type: NestView } })
  rename(@UuidParam() id: string, @IfMatch() expected: ExpectedVersion, @Body() draft: NestDraft): NestView {
    assertVersion(3, expected);
    return { id, title: draft.title, version: 4 };
  }
}

@Controller('work')
class WorkController {
  @Get('me')
  @Explain({ operationId: 'whoAmI', summary: 'Who am I?' })
  me(@CurrentCaller() caller: Caller): unknown {
    return { userId: caller.userId, actorId: workContext().actorId };
  }

  @Get('rule')
  @RequirePermission('nests:rule')
  @RateLimit(RatePolicies.login)
  @Explain({ operationId: 'rule', summary: 'Rule' })
  rule(): object {
    return { ruled: true };
  }

  @Get('secret')
  @NeverStored()
  @Explain({ operationId: 'secret', summary: 'Secret' })
  secret(): object {
    return { secret: 'hush' };
  }

  @Post('context')
  @Public()
  @MaxMembers(1_200)
  @NeverStored()
  @Explain({ operationId: 'context', summary: 'Context' })
  async context(@Body() body: object): Promise<object> {
    await new Promise((resolve) => setImmediate(resolve));
    return { ...workContext(), body };
  }

  @Post('text')
  @Public()
  @TextBody()
  @Explain({ operationId: 'text', summary: 'Text' })
  text(@Body() text: string): object {
    return { length: text.length };
  }

  @Post('file')
  @Public()
  @StreamedTextBody({ mediaTypes: ['text/csv'], maxBytes: 1_000_000 })
  @Explain({ operationId: 'file', summary: 'File' })
  async file(@Req() request: FastifyRequest): Promise<object> {
    let length = 0;
    for await (const piece of streamedText(request)) length += piece.length;
    return { length };
  }

  @Get('fails')
  @Public()
  @Explain({ operationId: 'fail', summary: 'Fail' })
  fails(): never {
    throw failure.next;
  }

  @Get('hangs')
  @Public()
  @Explain({ operationId: 'hang', summary: 'Hang' })
  hangs(): Promise<never> {
    return new Promise(() => undefined);
  }

  @Post('hangs')
  @Public()
  @Explain({ operationId: 'hangAfterReading', summary: 'Hang with a body' })
  hangsAfterReading(): Promise<never> {
    return new Promise(() => undefined);
  }

  @Get('large')
  @Public()
  @Explain({ operationId: 'large', summary: 'Large' })
  large(): object {
    return { text: 'a'.repeat(5_000) };
  }

  @Sse('stream')
  @Public()
  @LongLived()
  @Explain({ operationId: 'stream', summary: 'Stream', ok: { mediaType: 'text/event-stream' } })
  stream(): Observable<object> {
    return new Observable((subscriber) => {
      subscriber.next({ data: { text: 'b'.repeat(2_000) } });
      subscriber.complete();
    });
  }

  @Get('ops')
  @Public()
  @UseGuards(BasicAuthGuard)
  @Explain({ operationId: 'ops', summary: 'Ops' })
  ops(): object {
    return { ok: true };
  }

  @Get('partly')
  @Public()
  @Explain({ operationId: 'partly', summary: 'Partly' })
  partly(@Res() reply: FastifyReply): void {
    reply.raw.write('some');
    throw new Error('half way');
  }
}

/** What `GET /v1/work/fails` throws next. */
export const failure: { next: unknown } = { next: undefined };

/** How often a caller was authenticated. */
export const authenticated = { count: 0 };

class BearerStrategy extends PassportStrategy(Strategy, 'bearer') {
  validate(request: FastifyRequest): Caller | null {
    authenticated.count += 1;
    const { authorization } = request.headers;
    if (authorization === undefined) return null;
    if (authorization === 'Bearer refused') throw new RequestRefused(Problems.forbidden);
    if (authorization !== 'Bearer good' && authorization !== 'Bearer ruler')
      throw new Rejection(TokenInvalid);
    return {
      userId: authorization === 'Bearer ruler' ? RULER : ID,
      sessionId: null,
      roles: ['user'],
      permissions: new Set(authorization === 'Bearer ruler' ? ['nests:rule'] : []),
      authenticatedAt: null,
    };
  }
}

/** Lines that the sample app has logged, parsed. */
export class Lines {
  readonly all: Record<string, unknown>[] = [];

  write(line: string): void {
    this.all.push(JSON.parse(line) as Record<string, unknown>);
  }
}

export interface SampleApp {
  app: NestFastifyApplication;
  lines: Lines;
}

/**
 * Starts an app with one route of each kind.
 *
 * @param more additional controllers
 */
export async function sampleApp(
  environment: NodeJS.ProcessEnv = {},
  more: readonly Type[] = [],
): Promise<SampleApp> {
  const lines = new Lines();
  const logger: Logger = createLogger(new LogSettings({ LOG_LEVEL: 'debug' }), lines);
  const settings = new WebSettings(environment);

  @Module({
    imports: [PassportModule, LoggingModule.forRoot(logger), WebModule],
    controllers: [NestController, WorkController, ...more],
    providers: [BearerStrategy],
  })
  class SampleModule {}

  const app = await createWebApp(SampleModule, { settings, logger });
  await app
    .getHttpAdapter()
    .getInstance()
    .register(async (scope) => {
      scope.addHook('onRequest', async () => {
        throw operatorsOnly();
      });
      scope.get('/v1/board', () => 'board');
    });
  serveOpenApi(app, { title: 'Sample', description: 'A sample.', version: '1' });
  await app.init();
  await app.getHttpAdapter().getInstance().ready();
  return { app, lines };
}
