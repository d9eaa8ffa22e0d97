import { Module, type Provider, type Type } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_PIPE } from '@nestjs/core';
import { AuthenticationGuard, PermissionGuard } from './access';
import { AllowedMethods } from './allowed-methods';
import { FreshGuard } from './fresh';
import { ProblemFilter } from './problem-filter';
import { QueryGuard } from './query-guard';
import { RequestValidation } from './validation';

/**
 * The guards, in this order, the pipe and the filter of every route of an app. Each is a provider under its own class,
 * so that `overrideProvider(PermissionGuard)` replaces it.
 */
@Module({
  providers: [
    AllowedMethods,
    ...globally(APP_GUARD, AuthenticationGuard, PermissionGuard, FreshGuard, QueryGuard),
    ...globally(APP_PIPE, RequestValidation),
    ...globally(APP_FILTER, ProblemFilter),
  ],
})
export class EdgeModule {}

/** @returns providers that apply classes to every route; see {@link APP_GUARD}. */
export function globally(token: string, ...types: Type[]): Provider[] {
  return types.flatMap((type) => [type, { provide: token, useExisting: type }]);
}
