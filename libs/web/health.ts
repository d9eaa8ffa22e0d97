import { monitorEventLoopDelay } from 'node:perf_hooks';
import {
  Controller,
  Get,
  Global,
  Module,
  type OnModuleDestroy,
  Res,
  ServiceUnavailableException,
} from '@nestjs/common';
import { type HealthCheckResult, HealthCheckService, TerminusModule } from '@nestjs/terminus';
import { ApiResponse, ApiTags } from '@nestjs/swagger';
import { type DependencyHealth, HealthChecks } from '@rookery/observability';
import type { FastifyReply } from 'fastify';
import { Public } from './access';
import { Drain } from './drain';
import { EdgeModule } from './edge.module';
import { EventLoopWatch } from './event-loop-watch';
import { Explain } from './explain';
import { Field } from './fields';
import { MetricsServer } from './metrics-server';
import { WebSettings } from './settings';

class Liveness {
  @Field.oneOf(['up', 'down'], { description: '`down` if the process should be restarted.' })
  status: 'up' | 'down';

  @Field.text({ max: 200, optional: true, description: 'The reason, if it is not healthy.' })
  detail?: string;
}

class Readiness {
  @Field.oneOf(['ready', 'unready', 'draining'], {
    description: '`ready` if this process should get requests.',
  })
  status: 'ready' | 'unready' | 'draining';

  @Field.json({ description: 'Status of each dependency, by name.' })
  dependencies: Record<string, 'ready' | 'unready'>;
}

class Health {
  @Field.oneOf(['up', 'degraded', 'down'], { description: '`down` if an essential dependency is down.' })
  status: 'up' | 'degraded' | 'down';

  @Field.json({ description: '`status`, `latencyMs` and optional `detail` of each dependency, by name.' })
  dependencies: Record<string, DependencyHealth>;
}

/** The probes of api and worker. They return 200 or 503 with a small JSON object. */
@Public()
@ApiTags('Health')
@Controller()
class ProbeController implements OnModuleDestroy {
  private readonly lag = monitorEventLoopDelay({ resolution: 100 });
  private readonly loop = new EventLoopWatch(this.lag);

  constructor(
    private readonly checks: HealthChecks,
    private readonly drain: Drain,
    private readonly terminus: HealthCheckService,
  ) {
    this.lag.enable();
  }

  onModuleDestroy(): void {
    this.lag.disable();
  }

  @Get('livez')
  @Explain({
    operationId: 'getLiveness',
    summary: 'Check liveness',
    description: 'Does no I/O. If it returns 503, restart the process.',
    ok: { type: Liveness },
  })
  @ApiResponse({ status: 503, type: Liveness, description: 'Not healthy.' })
  live(@Res({ passthrough: true }) reply: FastifyReply): Liveness {
    const lagMs = this.loop.sustainedMs();
    const silent = this.checks.silentHeartbeats();
    const detail =
      lagMs !== undefined
        ? `the event loop is blocked repeatedly, for ${Math.round(lagMs)} ms`
        : silent.length > 0
          ? `no heartbeat from ${silent.join(', ')}`
          : undefined;
    if (detail === undefined) return { status: 'up' };
    reply.code(503);
    return { status: 'down', detail };
  }

  @Get('readyz')
  @Explain({
    operationId: 'getReadiness',
    summary: 'Check readiness',
    description:
      'Returns 503 until every check has succeeded once, after three consecutive failures of a check, and while draining.',
    ok: { type: Readiness },
  })
  @ApiResponse({ status: 503, type: Readiness, description: 'Not healthy.' })
  async ready(@Res({ passthrough: true }) reply: FastifyReply): Promise<Readiness> {
    const needed = await this.checks.readiness();
    const ready = needed.every((dependency) => dependency.ready);
    const status = this.drain.draining ? 'draining' : ready ? 'ready' : 'unready';
    if (status !== 'ready') reply.code(503);
    const dependencies = needed.map((one) => [one.name, one.ready ? 'ready' : 'unready'] as const);
    return { status, dependencies: Object.fromEntries(dependencies) };
  }

  @Get('startupz')
  @Explain({
    operationId: 'getStartup',
    summary: 'Check startup',
    description: 'Returns 503 until every readiness check has succeeded once.',
    ok: { type: Liveness },
  })
  @ApiResponse({ status: 503, type: Liveness, description: 'Not healthy.' })
  async started(@Res({ passthrough: true }) reply: FastifyReply): Promise<Liveness> {
    const waiting = (await this.checks.readiness()).filter((dependency) => !dependency.started);
    if (waiting.length === 0) return { status: 'up' };
    reply.code(503);
    return { status: 'down', detail: `waiting for ${waiting.map(({ name }) => name).join(', ')}` };
  }

  @Get('healthz')
  @Explain({
    operationId: 'getHealth',
    summary: 'Check the health of every dependency',
    description: 'Returns 200 if degraded: requests are served, some with reduced functionality.',
    ok: { type: Health },
  })
  @ApiResponse({ status: 503, type: Health, description: 'Not healthy.' })
  async health(@Res({ passthrough: true }) reply: FastifyReply): Promise<Health> {
    const all = await this.checks.dependencies();
    const indicators = all.map(({ name, health }) => () => ({ [name]: { ...health } }));
    const report = await this.terminus.check(indicators).catch(resultOf);
    const critical = all.some(({ health, importance }) => health.status === 'down' && importance.critical);
    if (critical) reply.code(503);
    return {
      // Terminus has no optional dependencies.
      status: critical ? 'down' : report.status === 'ok' ? 'up' : 'degraded',
      dependencies: report.details as Record<string, DependencyHealth>,
    };
  }
}

/** If something is down, Terminus throws an error that contains the same result. */
function resultOf(error: unknown): HealthCheckResult {
  if (error instanceof ServiceUnavailableException) return error.getResponse() as HealthCheckResult;
  throw error;
}

/** Probes at the root, and their sources: {@link HealthChecks} and {@link Drain} are injectable everywhere. */
@Global()
@Module({
  imports: [EdgeModule, TerminusModule.forRoot({ logger: false })],
  controllers: [ProbeController],
  providers: [HealthChecks, Drain, MetricsServer, WebSettings],
  exports: [HealthChecks, Drain, MetricsServer, WebSettings],
})
export class HealthModule {}
