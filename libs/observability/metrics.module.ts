import { Controller, Get, Header, Module, type OnModuleInit, SetMetadata } from '@nestjs/common';
import { ApiExtension, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { collectProcessMetrics, registry } from './metrics';

@ApiTags('Health')
@Controller('metrics')
class MetricsController {
  @Get()
  @SetMetadata('rookery:public', true)
  @ApiExtension('x-public', true)
  @ApiExtension('x-problems', [{ code: 'auth.unauthenticated' }, { code: 'resource.not-found' }])
  @ApiOperation({
    operationId: 'getMetrics',
    summary: 'Read the metrics in the Prometheus text format',
    description:
      'In production it requires the HTTP Basic credentials of the operators (401). If `METRICS_PORT` is set, it is served only on that port, and returns 404 here.',
  })
  @ApiOkResponse({
    description: 'All metrics of the process.',
    content: { 'text/plain': { schema: { type: 'string' } } },
  })
  @Header('content-type', registry.contentType)
  read(): Promise<string> {
    return registry.metrics();
  }
}

/** `GET /metrics` in the text format of Prometheus. */
@Module({ controllers: [MetricsController] })
export class MetricsModule implements OnModuleInit {
  onModuleInit(): void {
    collectProcessMetrics();
  }
}
