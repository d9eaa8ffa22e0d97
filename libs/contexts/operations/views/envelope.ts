import { ApiSchema } from '@nestjs/swagger';
import { Field } from '@rookery/web';

/** A stored event, as subscribers get it. */
@ApiSchema({ name: 'EventEnvelope' })
export class EnvelopeView {
  @Field.uuid({ description: 'Id of the event.' })
  id: string;

  @Field.text({ max: 200, description: 'Type of the event.', example: 'identity.user-verified' })
  type: string;

  @Field.integer({ description: 'Version of the type.' })
  version: number;

  @Field.dateTime({ description: 'When it occurred.' })
  occurredAt: string;

  @Field.uuid({ description: 'Id of the aggregate that it is about.' })
  subject: string;

  @Field.integer({ description: 'Version of the aggregate after the event.' })
  sequence: number;

  @Field.uuid({ nullable: true, description: 'Id of the user who caused it; null for the system.' })
  actorId: string | null;

  @Field.text({ max: 128, nullable: true, description: 'X-Request-Id of the request that caused it.' })
  correlationId: string | null;

  @Field.uuid({ nullable: true, description: 'Id of the event that caused it.' })
  causationId: string | null;

  @Field.text({ max: 100, nullable: true, description: 'W3C trace context of the request.' })
  traceparent: string | null;

  @Field.json({ description: 'Data of the event. Events contain no secrets.' })
  data: Record<string, unknown>;
}
