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
    summary: 'Read the metrics in the text format of Prometheus',
    description:
      'In production it asks for the HTTP Basic of operations (401); with `METRICS_PORT` it is on that port alone and not found here (404).',
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
