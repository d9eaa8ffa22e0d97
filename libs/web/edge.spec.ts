import { type ArgumentsHost, type CanActivate, Controller, Get, Module, Param } from '@nestjs/common';
import { PassportModule } from '@nestjs/passport';
import { Test, type TestingModuleBuilder } from '@nestjs/testing';
import { createLogger, LoggingModule, LogSettings } from '@rookery/observability';
import type { FastifyReply } from 'fastify';
import { createWebApp, Explain, Public, RequirePermission, WebModule, WebSettings } from '.';
import { AuthenticationGuard, PermissionGuard } from './access';
import { FreshGuard, SessionOnly } from './fresh';
import { ProblemFilter } from './problem-filter';
import { QueryGuard } from './query-guard';
import { RequestValidation } from './validation';

@Controller('doors')
class DoorRoutes {
  @Get('unexplained')
  unexplained(): object {
    return { open: true };
  }

  @Get('permitted')
  @Public()
  @RequirePermission('doors:open')
  @Explain({ operationId: 'permitted', summary: 'Permitted' })
  permitted(): object {
    return { open: true };
  }

  @Get('fresh')
  @Public()
  @SessionOnly()
  @Explain({ operationId: 'fresh', summary: 'Fresh' })
  fresh(): object {
    return { open: true };
  }

  @Get('open')
  @Public()
  @Explain({ operationId: 'open', summary: 'Open' })
  open(): object {
    return { open: true };
  }

  @Get('named/:name')
  @Public()
  @Explain({ operationId: 'named', summary: 'Named' })
  named(@Param('name') name: string): object {
    return { name };
  }
}

const logger = createLogger(new LogSettings({ LOG_LEVEL: 'silent' }));

@Module({
  imports: [PassportModule, LoggingModule.forRoot(logger), WebModule],
  controllers: [DoorRoutes],
})
class DoorModule {}

async function ask(
  path: string,
  change: (builder: TestingModuleBuilder) => TestingModuleBuilder = (builder) => builder,
) {
  const testing = await change(Test.createTestingModule({ imports: [DoorModule] })).compile();
  const app = await createWebApp(testing, { settings: new WebSettings({}), logger });
  await app.init();
  const answer = await app.inject(`/v1/doors/${path}`);
  await app.close();
  return { status: answer.statusCode, text: answer.body };
}

const letIn: CanActivate = { canActivate: () => true };

describe('Guards, pipe and filter of every route', () => {
  it.each([
    ['AuthenticationGuard', AuthenticationGuard, 'unexplained', 401],
    ['PermissionGuard', PermissionGuard, 'permitted', 401],
    ['FreshGuard', FreshGuard, 'fresh', 403],
    ['QueryGuard', QueryGuard, 'open?extra=1', 400],
  ])('is a provider, which a test may replace: %s', async (_, guard, path, refused) => {
    expect((await ask(path)).status).toBe(refused);
    const replaced = await ask(path, (builder) => builder.overrideProvider(guard).useValue(letIn));
    expect(replaced).toEqual({ status: 200, text: '{"open":true}' });
  });

  it('is the pipe too', async () => {
    expect(await ask('named/oak')).toEqual({ status: 200, text: '{"name":"oak"}' });
    const loud = { transform: (value: unknown) => String(value).toUpperCase() };
    const replaced = await ask('named/oak', (builder) =>
      builder.overrideProvider(RequestValidation).useValue(loud),
    );
    expect(replaced.text).toBe('{"name":"OAK"}');
  });

  it('and the filter', async () => {
    const teapot = {
      catch: (_error: unknown, host: ArgumentsHost) =>
        void host.switchToHttp().getResponse<FastifyReply>().code(418).send('short and stout'),
    };
    const replaced = await ask('permitted', (builder) =>
      builder.overrideProvider(ProblemFilter).useValue(teapot),
    );
    expect(replaced).toEqual({ status: 418, text: 'short and stout' });
  });
});
