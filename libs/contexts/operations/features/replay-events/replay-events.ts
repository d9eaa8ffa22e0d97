import { Body, Controller, Post } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { Commands } from '@rookery/application';
import { Audited } from '@rookery/audit';
import { Rejection } from '@rookery/domain';
import { Replays, Subscribers } from '@rookery/messaging';
import { defineRatePolicy, Explain, Field, Fresh, RateLimit, RequirePermission } from '@rookery/web';
import { PeriodEmpty, SubscriberUnknown, TypeNotHandled } from '../../model/rejections';

const REPLAY = defineRatePolicy('replay', {
  quota: '10/60',
  per: ['account'],
  doc: 'Requests to replay events, per account.',
});

class ReplayRequest {
  @Field.text({ max: 200, description: 'Name of the subscriber.', example: 'identity.send-welcome-mail' })
  subscriber: string;

  @Field.dateTime({ description: 'Events at or after this time.' })
  since: string;

  @Field.dateTime({ description: 'Events before this time. Events after the request are not included.' })
  until: string;

  @Field.text({
    max: 200,
    optional: true,
    description: 'Only events of this type; all types that the subscriber handles by default.',
    example: 'identity.user-verified',
  })
  type?: string;
}

class StartedReplay {
  @Field.uuid({ description: 'Id of the replay.' })
  id: string;

  @Field.text({ max: 200, description: 'Name of the subscriber.', example: 'identity.send-welcome-mail' })
  subscriber: string;

  @Field.text({ max: 200, nullable: true, description: 'Type of the events; null for all.' })
  type: string | null;

  @Field.dateTime({ description: 'Start of the period, inclusive.' })
  since: string;

  @Field.dateTime({ description: 'End of the period, exclusive.' })
  until: string;
}

@Audited<ReplayEvents>('operations.replay-events', { record: ['subscriber', 'type', 'since', 'until'] })
export class ReplayEvents extends Command<StartedReplay> {
  constructor(
    readonly subscriber: string,
    readonly type: string | null,
    readonly since: string,
    readonly until: string,
  ) {
    super();
  }
}

@ApiTags('Queues')
@Controller('admin/outbox/replay')
export class ReplayEventsRoute {
  constructor(private readonly commands: Commands) {}

  @Post()
  @Fresh()
  @RateLimit(REPLAY)
  @RequirePermission('ops:write')
  @Explain({
    operationId: 'replayEvents',
    summary: 'Deliver stored events to a subscriber',
    description:
      'For a subscriber that was added after the events occurred, or whose deliveries were discarded: workers deliver the events of the period that it has not received, at most 500 a second. A delivery that is done, pending or failed stays as it is, so no effect happens twice. A subscriber that receives the events of a subject in order does not get an event if it has handled a later one of the same subject. Delivered events are stored for 7 days. Requires a fresh sign-in, within the last 15 minutes.',
    ok: { status: 202, type: StartedReplay },
    rejects: [SubscriberUnknown, TypeNotHandled, PeriodEmpty],
  })
  replay(@Body() { subscriber, type, since, until }: ReplayRequest): Promise<StartedReplay> {
    return this.commands.execute(new ReplayEvents(subscriber, type ?? null, since, until));
  }
}

@CommandHandler(ReplayEvents)
export class ReplayEventsHandler implements ICommandHandler<ReplayEvents> {
  constructor(
    private readonly replays: Replays,
    private readonly subscribers: Subscribers,
  ) {}

  async execute({ subscriber, type, since, until }: ReplayEvents): Promise<StartedReplay> {
    const known = this.subscribers.get(subscriber);
    if (!known) throw new Rejection(SubscriberUnknown);
    if (type !== null && !known.events.some((event) => event.type === type))
      throw new Rejection(TypeNotHandled);
    if (Date.parse(until) <= Date.parse(since)) throw new Rejection(PeriodEmpty);
    const id = await this.replays.request(known, { type, since, until });
    return { id, subscriber: known.name, type, since, until };
  }
}
