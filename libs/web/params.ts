import type { SecretParams } from '@rookery/observability';
import { AddToRouteConfig } from './route-config';
import { Injectable, Param, type PipeTransform } from '@nestjs/common';
import { ApiParam } from '@nestjs/swagger';
import { NotFound, Rejection } from '@rookery/domain';
import { isUuid } from './field-types';

/**
 * Rejects ids that cannot exist.
 *
 * @throws Rejection `resource.not-found`: for the caller a malformed id is just an id that does not exist
 */
@Injectable()
class UuidPipe implements PipeTransform<string, string> {
  transform(value: string): string {
    if (!isUuid(value)) throw new Rejection(NotFound);
    return value.toLowerCase();
  }
}

const uuidPipe = new UuidPipe();

/** An id in the path; 404 if it is not a UUID. */
export function UuidParam(name = 'id'): ParameterDecorator {
  return (target, method, index) => {
    Param(name, uuidPipe)(target, method, index);
    const descriptor = Object.getOwnPropertyDescriptor(target, method!)!;
    ApiParam({ name, schema: { type: 'string', format: 'uuid' } })(target, method!, descriptor);
  };
}

/** A secret path parameter: logs and problems show its placeholder instead. */
export function SecretParam(name: string): ParameterDecorator {
  return (target, method, index) => {
    Param(name)(target, method, index);
    const descriptor = Object.getOwnPropertyDescriptor(target, method!)!;
    AddToRouteConfig({ secretParams: [name] } satisfies SecretParams)(target, method!, descriptor);
  };
}

const SECRET_NAME = /token|secret|password|otp/i;

/** @throws Error if a parameter of a route has the name of a secret but is not declared as one */
export function refuseUndeclaredSecrets(url: string, { secretParams = [] }: SecretParams = {}): void {
  for (const [, name = ''] of url.matchAll(/:(\w+)/g)) {
    if (SECRET_NAME.test(name) && !secretParams.includes(name))
      throw new Error(`${url}: ${name} looks like a secret. Declare it with @SecretParam('${name}').`);
  }
}
