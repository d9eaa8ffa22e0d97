import { Injectable, Param, type PipeTransform } from '@nestjs/common';
import { ApiParam } from '@nestjs/swagger';
import { NotFound, Rejection } from '@rookery/domain';
import { isUuid } from './field-kinds';

/**
 * Refuses ids that cannot exist.
 *
 * @throws Rejection `resource.not-found`: to the caller an id that is no UUID is just one that nothing has
 */
@Injectable()
class UuidPipe implements PipeTransform<string, string> {
  transform(value: string): string {
    if (!isUuid(value)) throw new Rejection(NotFound);
    return value.toLowerCase();
  }
}

const uuidPipe = new UuidPipe();

/** An id in the path; 404 when it is no UUID. */
export function UuidParam(name = 'id'): ParameterDecorator {
  return (target, method, index) => {
    Param(name, uuidPipe)(target, method, index);
    const descriptor = Object.getOwnPropertyDescriptor(target, method!)!;
    ApiParam({ name, schema: { type: 'string', format: 'uuid' } })(target, method!, descriptor);
  };
}
