import { type DynamicModule, Module } from '@nestjs/common';
import { ApplicationModule, type Context } from '@rookery/application';
import { MailModule } from '@rookery/mail';
import { LoggingModule, MetricsModule } from '@rookery/observability';
import { RealtimeModule } from '@rookery/realtime';
import { OutboundHttpModule } from '@rookery/outbound-http';
import { HealthModule, LimitsUpkeepModule } from '@rookery/web';

/** The host of relay, subscribers and schedules; over HTTP it serves only probes and metrics. */
@Module({})
export class WorkerModule {
  /** @param contexts contexts whose subscribers and schedules it runs */
  static of(contexts: readonly Context[]): DynamicModule {
    return {
      module: WorkerModule,
      imports: [
        LoggingModule.forRoot(),
        MetricsModule,
        HealthModule,
        MailModule,
        OutboundHttpModule,
        ApplicationModule.forRoot(contexts, 'worker'),
        RealtimeModule.forWorking(),
        LimitsUpkeepModule,
      ],
    };
  }
}
