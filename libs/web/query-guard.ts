import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { ROUTE_ARGS_METADATA } from '@nestjs/common/constants.js';
import { RouteParamtypes } from '@nestjs/common/enums/route-paramtypes.enum.js';
import type { FastifyRequest } from 'fastify';
import type { GuardedRoute } from './access';
import { unknownField } from './request-values';
import { refused } from './validation';

/**
 * Refuses query parameters on routes that declare none; the pipe validates the queries of the others. Routes outside of
 * `/v1`, such as probes and metrics, ignore them, because tools that call them add some.
 *
 * @throws RequestRefused `request.invalid` naming each parameter
 */
@Injectable()
export class QueryGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { query, routeOptions } = context.switchToHttp().getRequest<FastifyRequest>();
    const names = Object.keys(query as object);
    if (names.length === 0) return true;
    const { explained } = routeOptions.config as GuardedRoute;
    if (!explained || !routeOptions.url?.startsWith('/v1/') || declaresQuery(context)) return true;
    throw refused(names.map((name) => unknownField(name)));
  }
}

/** Reads what `@Query()` stores, as @nestjs/swagger does. */
function declaresQuery(context: ExecutionContext): boolean {
  const declared = Reflect.getMetadata(ROUTE_ARGS_METADATA, context.getClass(), context.getHandler().name) as
    object | undefined;
  return Object.keys(declared ?? {}).some((key) => key.startsWith(`${RouteParamtypes.QUERY}:`));
}
