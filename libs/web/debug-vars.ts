import { cpus, freemem, hostname, loadavg, totalmem } from 'node:os';
import { type EventLoopUtilization, monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { getHeapStatistics } from 'node:v8';
import { Controller, Get, type OnModuleDestroy } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { LogSettings } from '@rookery/observability';
import { ConnectionPool } from '@rookery/persistence';
import { OperatorsOnly } from './basic-auth';
import { Explain } from './explain';
import { Field } from './fields';

/** Milliseconds between two samples of the event loop. */
const RESOLUTION_MS = 20;

class DebugVars {
  @Field.text({ max: 100, description: 'Name of the service.', example: 'rookery-api' })
  service: string;

  @Field.text({ max: 100, description: 'Version of the build.', example: '0.1.0' })
  version: string;

  @Field.number({ description: 'Seconds since the process started.' })
  uptimeSeconds: number;

  @Field.json({
    description: 'pid, Node version, memory in bytes, CPU time in seconds, open handles by kind.',
  })
  process: Record<string, unknown>;

  @Field.json({
    description:
      'Event loop delay since the process started, in milliseconds, and event loop utilization since the previous request to this route (0 to 1).',
  })
  eventLoop: Record<string, number>;

  @Field.counts({ description: 'PostgreSQL connections: open, idle, waiting callers, maximum.' })
  pool: Record<string, number>;

  @Field.json({ description: 'The machine: name, CPUs, load averages, memory in bytes.' })
  system: Record<string, unknown>;
}

/** The current state of a single process; for trends use `/metrics`. */
@ApiTags('Health')
@Controller('debug/vars')
export class DebugVarsRoute implements OnModuleDestroy {
  private readonly delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  private looked: EventLoopUtilization = performance.eventLoopUtilization();

  constructor(
    private readonly log: LogSettings,
    private readonly connections: ConnectionPool,
  ) {
    this.delay.enable();
  }

  onModuleDestroy(): void {
    this.delay.disable();
  }

  @OperatorsOnly()
  @Get()
  @Explain({
    operationId: 'getDebugVars',
    summary: 'Inspect the process that responds',
    description: 'Version, uptime, memory, event loop and connection pool.',
    ok: { type: DebugVars },
  })
  read(): DebugVars {
    const { user, system } = process.cpuUsage();
    return {
      service: this.log.serviceName,
      version: this.log.serviceVersion,
      uptimeSeconds: process.uptime(),
      process: {
        pid: process.pid,
        node: process.version,
        memory: { ...process.memoryUsage(), heapLimit: getHeapStatistics().heap_size_limit },
        cpuUserSeconds: user / 1e6,
        cpuSystemSeconds: system / 1e6,
        activeResources: countOf(process.getActiveResourcesInfo()),
      },
      eventLoop: this.eventLoop(),
      pool: { ...this.connections.state() },
      system: {
        host: hostname(),
        cpus: cpus().length,
        loadAverage: loadavg(),
        memoryTotal: totalmem(),
        memoryFree: freemem(),
      },
    };
  }

  private eventLoop(): Record<string, number> {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, this.looked);
    this.looked = now;
    // Node records the total duration of its timer, including the intended delay.
    const ms = (nanoseconds: number) => Math.max(0, nanoseconds / 1e6 - RESOLUTION_MS) || 0;
    const delays = {
      p50Ms: ms(this.delay.percentile(50)),
      p99Ms: ms(this.delay.percentile(99)),
      maxMs: ms(this.delay.max),
    };
    return { ...delays, utilization };
  }
}

function countOf(kinds: readonly string[]): Record<string, number> {
  return Object.fromEntries([...Map.groupBy(kinds, (kind) => kind)].map(([kind, all]) => [kind, all.length]));
}
