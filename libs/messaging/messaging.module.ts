import { type DynamicModule, Global, Module } from '@nestjs/common';
import { RelayHint } from '@rookery/persistence';
import { Backlog } from './backlog';
import { Consumer } from './consumer';
import { DeadDeliveries } from './dead-deliveries';
import { Dispatch } from './dispatch';
import { BacklogMetrics } from './metrics';
import { LateSchedules } from './late-schedules';
import { ParkedDeliveries } from './parked-deliveries';
import { PruneOutbox } from './prune-outbox';
import { QueuePauses } from './queue-pauses';
import { Redrive } from './redrive';
import { RedriveDead } from './redrive-dead';
import { Redrives } from './redrives';
import { Replays } from './replays';
import { RedisModule } from '@rookery/redis';
import { Relay } from './relay';
import { RedisRelayHint } from './relay-hint';
import { Schedules } from './schedule';
import { QueueSettings, ScheduleSettings } from './settings';
import { Subscribers } from './subscribers';

/** Event delivery between the outbox and the subscribers. */
@Global()
@Module({})
export class MessagingModule {
  /** For every process: registers the subscribers and wakes the relay, but runs nothing. */
  static forWriting(): DynamicModule {
    const providers = [
      QueueSettings,
      Subscribers,
      Dispatch,
      Backlog,
      DeadDeliveries,
      QueuePauses,
      Redrives,
      Replays,
      { provide: RelayHint, useClass: RedisRelayHint },
    ];
    return { module: MessagingModule, imports: [RedisModule], providers, exports: providers };
  }

  /** For a worker: also runs the relay, the subscribers, the schedules and the redrive. */
  static forWorking(): DynamicModule {
    const writing = MessagingModule.forWriting();
    const working = [
      Relay,
      Consumer,
      Redrive,
      RedriveDead,
      Schedules,
      ScheduleSettings,
      PruneOutbox,
      BacklogMetrics,
      ParkedDeliveries,
      LateSchedules,
    ];
    return {
      ...writing,
      providers: [...writing.providers!, ...working],
      exports: [...writing.exports!, Schedules, PruneOutbox],
    };
  }
}
