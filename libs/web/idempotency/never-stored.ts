import { applyDecorators } from '@nestjs/common';
import { ApiExtension } from '@nestjs/swagger';
import { AddToRouteConfig } from '../route-config';

/** Extension that says that answers of a route are not stored. */
export const NEVER_STORED = 'x-never-stored';

/** What `@NeverStored()` leaves in a route's config. */
export interface UnstoredRoute {
  neverStored?: boolean;
}

/**
 * A route whose answer holds a secret: tokens, keys, recovery codes. Its answers are not stored under idempotency keys:
 * while a request runs, the same key is refused as everywhere; afterwards it runs again.
 */
export function NeverStored(): MethodDecorator {
  return applyDecorators(
    AddToRouteConfig({ neverStored: true } satisfies UnstoredRoute),
    ApiExtension(NEVER_STORED, true),
  );
}
