import type { SecretParams } from '@rookery/observability';
import { AddToRouteConfig } from './route-config';
import { Injectable, Param, type PipeTransform } from '@nestjs/common';
import { ApiParam } from '@nestjs/swagger';
import { NotFound, Rejection } from '@rookery/domain';
import { isUuid } from './field-types';

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

/** A parameter of the path that is a secret: neither logs nor problems hold it, they show its pattern instead. */
export function SecretParam(name: string): ParameterDecorator {
  return (target, method, index) => {
    Param(name)(target, method, index);
    const descriptor = Object.getOwnPropertyDescriptor(target, method!)!;
    AddToRouteConfig({ secretParams: [name] } satisfies SecretParams)(target, method!, descriptor);
  };
}

const SECRET_NAME = /token|secret|password|otp/i;

/** @throws Error when a parameter of a route bears the name of a secret and is not declared as one */
export function refuseUndeclaredSecrets(url: string, { secretParams = [] }: SecretParams = {}): void {
  for (const [, name = ''] of url.matchAll(/:(\w+)/g)) {
    if (SECRET_NAME.test(name) && !secretParams.includes(name))
      throw new Error(`${url}: ${name} looks like a secret. Take it with @SecretParam('${name}').`);
  }
}
