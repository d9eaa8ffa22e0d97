import { type DynamicModule, Module } from '@nestjs/common';
import { ApplicationModule, type Context } from '@rookery/application';
import { MailModule } from '@rookery/mail';
import { LoggingModule, LogSettings, MetricsModule } from '@rookery/observability';
import { RealtimeModule } from '@rookery/realtime';
import { OutboundHttpModule } from '@rookery/outbound-http';
import { DebugVarsRoute, LimitsModule, WebModule } from '@rookery/web';
import { QueueBoard } from './queue-board';

/** The HTTP host: routes of the contexts, documentation, probes, metrics and the queue board. */
@Module({})
export class ApiModule {
  /** @param contexts contexts whose routes it serves */
  static of(contexts: readonly Context[]): DynamicModule {
    return {
      module: ApiModule,
      imports: [
        LoggingModule.forRoot(),
        MetricsModule,
        LimitsModule,
        WebModule,
        MailModule,
        OutboundHttpModule,
        ApplicationModule.forRoot(contexts, 'api'),
        RealtimeModule.forServing(),
      ],
      controllers: [DebugVarsRoute],
      providers: [LogSettings, QueueBoard],
    };
  }
}
