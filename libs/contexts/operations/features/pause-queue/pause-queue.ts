import { Controller, Post } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { Commands } from '@rookery/application';
import { Audited } from '@rookery/audit';
import { NotFound } from '@rookery/domain';
import { QueuePauses } from '@rookery/messaging';
import { type Caller, CurrentCaller, Explain, Field, RequirePermission } from '@rookery/web';
import { QueueParam } from '../../services/path-params';

class QueueState {
  @Field.text({ max: 100, description: 'Name of the queue.', example: 'mail' })
  name: string;

  @Field.boolean({ description: 'Whether it is paused.' })
  paused: boolean;

  @Field.dateTime({ nullable: true, description: 'Since when; null if it is not paused.' })
  pausedAt: Date | null;

  @Field.uuid({ nullable: true, description: 'Id of the user who paused it; null if it is not paused.' })
  pausedBy: string | null;
}

@Audited<PauseQueue>('operations.pause-queue', { record: ['queue'] })
export class PauseQueue extends Command<QueueState> {
  constructor(
    readonly queue: string,
    readonly by: string,
  ) {
    super();
  }
}

@Audited<ResumeQueue>('operations.resume-queue', { record: ['queue'] })
export class ResumeQueue extends Command<QueueState> {
  constructor(readonly queue: string) {
    super();
  }
}

@ApiTags('Queues')
@RequirePermission('ops:write')
@Controller('admin/queues/:queue')
export class PauseQueueRoute {
  constructor(private readonly commands: Commands) {}

  @Post('pause')
  @Explain({
    operationId: 'pauseQueue',
    summary: 'Pause a queue',
    description:
      'Takes effect within about a second. Active jobs finish; all others wait until the queue is resumed, and nothing is lost, not even if Redis loses its data. Pausing a paused queue changes nothing.',
    ok: { status: 202, type: QueueState },
    rejects: [NotFound],
  })
  pause(@QueueParam() queue: string, @CurrentCaller() { userId }: Caller): Promise<QueueState> {
    return this.commands.execute(new PauseQueue(queue, userId));
  }

  @Post('resume')
  @Explain({
    operationId: 'resumeQueue',
    summary: 'Resume a queue',
    description: 'Takes effect within about a second. Resuming a queue that is not paused changes nothing.',
    ok: { status: 202, type: QueueState },
    rejects: [NotFound],
  })
  resume(@QueueParam() queue: string): Promise<QueueState> {
    return this.commands.execute(new ResumeQueue(queue));
  }
}

@CommandHandler(PauseQueue)
export class PauseQueueHandler implements ICommandHandler<PauseQueue> {
  constructor(private readonly pauses: QueuePauses) {}

  async execute({ queue, by }: PauseQueue): Promise<QueueState> {
    return { name: queue, paused: true, ...(await this.pauses.pause(queue, by)) };
  }
}

@CommandHandler(ResumeQueue)
export class ResumeQueueHandler implements ICommandHandler<ResumeQueue> {
  constructor(private readonly pauses: QueuePauses) {}

  async execute({ queue }: ResumeQueue): Promise<QueueState> {
    await this.pauses.resume(queue);
    return { name: queue, paused: false, pausedAt: null, pausedBy: null };
  }
}
