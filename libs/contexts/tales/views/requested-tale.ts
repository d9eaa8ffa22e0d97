import { ApiSchema } from '@nestjs/swagger';
import { Field } from '@rookery/web';
import { STATUSES } from '../model/tale';

/** A tale that has just been requested. */
@ApiSchema({ name: 'RequestedTale' })
export class RequestedTale {
  @Field.uuid({ description: 'Id of the tale.' })
  id: string;

  @Field.oneOf(STATUSES, { name: 'TaleStatus', description: 'Current status.', example: 'requested' })
  status: string;
}

/** URL of a tale. */
export function locationOf(taleId: string): string {
  return `/v1/tales/${taleId}`;
}
