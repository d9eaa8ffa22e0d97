import { ApiSchema } from '@nestjs/swagger';
import { NotFound, Rejection } from '@rookery/domain';
import { type Decided, jobIdOf } from '@rookery/messaging';
import type { DeliveryKey } from '@rookery/persistence';
import { Field } from '@rookery/web';
import { DeliveryNotFailed } from '../model/rejections';

/** What became of a failed delivery. */
@ApiSchema({ name: 'DecidedDelivery' })
export class DecidedDelivery {
  @Field.text({ max: 240, description: 'Id of the delivery.' })
  id: string;

  @Field.text({ max: 100, description: 'Name of its queue.', example: 'mail' })
  queue: string;

  @Field.oneOf(['pending', 'discarded'], {
    description: '`pending`: it will run; `discarded`: it will never run.',
  })
  state: string;
}

/**
 * @param state the new state
 * @throws Rejection `resource.not-found`, `operations.delivery-not-failed`
 */
export function decidedDelivery(
  decided: Decided,
  queue: string,
  key: DeliveryKey,
  state: 'pending' | 'discarded',
): DecidedDelivery {
  if (decided === 'missing') throw new Rejection(NotFound);
  if (decided === 'resolved') throw new Rejection(DeliveryNotFailed);
  return { id: jobIdOf(key), queue, state };
}
