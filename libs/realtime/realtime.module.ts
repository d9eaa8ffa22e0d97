import { type DynamicModule, Global, Module, type OnModuleInit } from '@nestjs/common';
import { PersonalDataOfAll } from '@rookery/application';
import { Schedules } from '@rookery/messaging';
import { WebSettings } from '@rookery/web';
import { Connections } from './connections';
import { EventStreams } from './event-streams';
import { Frames } from './frames';
import { RealtimeGateway } from './gateway';
import { HintListener } from './hint-listener';
import { Hints } from './hints';
import { RealtimePersonalData } from './personal-data';
import { PruneFrames } from './prune-frames';
import { ConnectRealtimeRoute, StreamEventsRoute } from './routes';
import { RealtimeLimits, RealtimeSettings } from './settings';
import { StoredFrames } from './stored-frames';
import { Streams } from './streams';

const writing = [Frames, Hints, RealtimePersonalData];
const serving = [
  Connections,
  EventStreams,
  HintListener,
  RealtimeGateway,
  RealtimeLimits,
  RealtimeSettings,
  StoredFrames,
  Streams,
  WebSettings,
];

/** Frames for connected clients. */
@Global()
@Module({})
export class RealtimeModule implements OnModuleInit {
  constructor(
    private readonly all: PersonalDataOfAll,
    private readonly own: RealtimePersonalData,
  ) {}

  /** For every process: sends frames. */
  static forWriting(): DynamicModule {
    return { module: RealtimeModule, providers: writing, exports: [Frames] };
  }

  /** For the api: also accepts connections of clients. */
  static forServing(): DynamicModule {
    return {
      module: RealtimeModule,
      controllers: [ConnectRealtimeRoute, StreamEventsRoute],
      providers: [...writing, ...serving],
      exports: [EventStreams, Frames, Streams],
    };
  }

  /** For a worker: also deletes old frames. */
  static forWorking(): DynamicModule {
    return { ...RealtimeModule.forWriting(), imports: [FramesUpkeepModule] };
  }

  onModuleInit(): void {
    this.all.add({ name: 'realtime', data: this.own });
  }
}

@Module({ providers: [PruneFrames] })
class FramesUpkeepModule {
  constructor(schedules: Schedules) {
    schedules.register(PruneFrames);
  }
}
