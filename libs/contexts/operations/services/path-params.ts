import { Injectable, Param, type PipeTransform } from '@nestjs/common';
import { ApiParam } from '@nestjs/swagger';
import { NotFound, Rejection } from '@rookery/domain';
import { Backlog, keyOfJob } from '@rookery/messaging';
import type { DeliveryKey } from '@rookery/persistence';

/** @throws Rejection `resource.not-found` if no queue has this name, and nothing of a removed one is stored */
@Injectable()
class QueuePipe implements PipeTransform<string, Promise<string>> {
  constructor(private readonly backlog: Backlog) {}

  async transform(value: string): Promise<string> {
    if (!(await this.backlog.knows(value))) throw new Rejection(NotFound);
    return value;
  }
}

/** @throws Rejection `resource.not-found` if no delivery can have this id */
@Injectable()
class DeliveryPipe implements PipeTransform<string, DeliveryKey> {
  transform(value: string): DeliveryKey {
    const key = keyOfJob(value);
    if (!key) throw new Rejection(NotFound);
    return key;
  }
}

const deliveryPipe = new DeliveryPipe();

/** The name of a queue in the path; 404 if there is none. */
export function QueueParam(): ParameterDecorator {
  return (target, method, index) => {
    Param('queue', QueuePipe)(target, method, index);
    const descriptor = Object.getOwnPropertyDescriptor(target, method!)!;
    ApiParam({
      name: 'queue',
      description:
        'Name of the queue. A removed queue is accepted while deliveries of it are unfinished or it is paused.',
      example: 'mail',
      schema: { type: 'string', maxLength: 100 },
    })(target, method!, descriptor);
  };
}

/** The id of a delivery in the path; 404 if it is none. */
export function DeliveryParam(): ParameterDecorator {
  return (target, method, index) => {
    Param('id', deliveryPipe)(target, method, index);
    const descriptor = Object.getOwnPropertyDescriptor(target, method!)!;
    ApiParam({
      name: 'id',
      description: '`id` of the failed delivery.',
      example: '01890000-0000-7000-8000-000000000000-identity.send-verification-mail',
      schema: { type: 'string', maxLength: 240 },
    })(target, method!, descriptor);
  };
}
