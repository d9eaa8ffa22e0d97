import { type DynamicModule, Global, Module, type OnModuleInit } from '@nestjs/common';
import { PersonalDataOfAll } from '@rookery/application';
import { Schedules } from '@rookery/messaging';
import { Frames } from './frames';
import { Hints } from './hints';
import { RealtimePersonalData } from './personal-data';
import { PruneFrames } from './prune-frames';

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
    return {
      module: RealtimeModule,
      providers: [Frames, Hints, RealtimePersonalData],
      exports: [Frames],
    };
  }

  /** For a worker: also deletes old ones. */
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
