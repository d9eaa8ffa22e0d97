import { Controller, Get, Header, Module, type OnModuleInit, SetMetadata } from '@nestjs/common';
import { ApiExtension, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { collectProcessMetrics, registry } from './metrics';

@ApiTags('Operations')
@Controller('metrics')
class MetricsController {
  @Get()
  @SetMetadata('rookery:public', true)
  @ApiExtension('x-public', true)
  @ApiOperation({ operationId: 'getMetrics', summary: 'Read the metrics in the text format of Prometheus' })
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
