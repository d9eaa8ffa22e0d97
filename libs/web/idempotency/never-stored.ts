import { applyDecorators } from '@nestjs/common';
import { ApiExtension } from '@nestjs/swagger';
import { AddToRouteConfig } from '../route-config';

/** Extension for routes whose responses are not stored. */
export const NEVER_STORED = 'x-never-stored';

/** Config of a route with `@NeverStored()`. */
export interface UnstoredRoute {
  neverStored?: boolean;
}

/**
 * A route whose response contains a secret: tokens, keys, recovery codes. Its responses are not stored under
 * idempotency keys: while a request runs, the same key is rejected as usual; afterwards, a request with the same key
 * runs again.
 */
export function NeverStored(): MethodDecorator {
  return applyDecorators(
    AddToRouteConfig({ neverStored: true } satisfies UnstoredRoute),
    ApiExtension(NEVER_STORED, true),
  );
}
