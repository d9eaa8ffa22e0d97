import {
  applyDecorators,
  type CanActivate,
  type ExecutionContext,
  Injectable,
  SetMetadata,
  type Type,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { ExecutionContextHost } from '@nestjs/core/helpers/execution-context-host.js';
import { AuthGuard } from '@nestjs/passport';
import { ApiExtension } from '@nestjs/swagger';
import { workContext } from '@rookery/observability';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { callerOf, type Caller } from './caller';
import { RequestRefused } from './problem';
import { Problems } from './problems';
import { AddToRouteConfig } from './route-config';

const PUBLIC = 'rookery:public';
const PERMISSIONS = 'rookery:permissions';
const BEYOND_OWN = 'rookery:permission-beyond-own';

/** Data that the decorators of a route pass to hooks. */
export interface GuardedRoute {
  /** The route has `@Explain()`, like every route of the API; routes of plugins do not. */
  explained?: boolean;
  public?: boolean;
  /** The route creates something that outlives the session of its caller. */
  outlivesSession?: boolean;
}

/** Allows a route, or all routes of a controller, without authentication. */
export function Public(): MethodDecorator & ClassDecorator {
  return applyDecorators(
    SetMetadata(PUBLIC, true),
    AddToRouteConfig({ public: true } satisfies GuardedRoute),
    ApiExtension('x-public', true),
  );
}

/** Extension that documents that the data of the caller are not cached. */
export const UNCACHED = 'x-outlives-session';

/**
 * Declares that a route, or all routes of a controller, create something that still works after the session of the
 * caller has ended, such as an API key or a URL that receives data. Session, key and account are read from the database
 * for each request; for other routes they are cached for some seconds.
 */
export function OutlivesSession(): MethodDecorator & ClassDecorator {
  return applyDecorators(
    AddToRouteConfig({ outlivesSession: true } satisfies GuardedRoute),
    ApiExtension(UNCACHED, true),
  );
}

/**
 * Admits only callers with all of these permissions; others get 403 `auth.forbidden`.
 *
 * @param permissions such as `posts:update:any`
 */
export function RequirePermission(...permissions: [string, ...string[]]): MethodDecorator & ClassDecorator {
  return applyDecorators(
    SetMetadata(PERMISSIONS, permissions),
    ApiExtension('x-required-permission', permissions.length === 1 ? permissions[0] : permissions),
  );
}

/**
 * Documents the permission that callers need for resources of other users. The model checks it.
 *
 * @param permission such as `posts:update:any`
 */
export function PermissionToManageAny(permission: string): MethodDecorator {
  return applyDecorators(
    SetMetadata(BEYOND_OWN, permission),
    ApiExtension('x-permission-beyond-own', permission),
  );
}

/** @returns the permissions that a controller and its routes require with the decorators above. */
export function permissionsOf(controller: Type): string[] {
  const routes = Object.values(Object.getOwnPropertyDescriptors(controller.prototype as object))
    .map(({ value }) => value as unknown)
    .filter((value) => typeof value === 'function');
  const asked = [controller, ...routes].flatMap((target) => [
    ...((Reflect.getMetadata(PERMISSIONS, target) as string[] | undefined) ?? []),
    ...[(Reflect.getMetadata(BEYOND_OWN, target) as string | undefined) ?? []].flat(),
  ]);
  return [...new Set(asked)];
}

/** Authenticates the caller with the passport strategy named `bearer`, once per request. */
class BearerAuthentication extends AuthGuard('bearer') {
  override handleRequest<User = Caller>(error: unknown, caller: User | false | null): User {
    if (error) throw error;
    if (!caller) throw new RequestRefused(Problems.unauthenticated);
    return caller;
  }
}

const bearer = new BearerAuthentication();

/** The input of the passport strategy named `bearer`: a request, or a substitute for one. */
export interface BearerRequest {
  readonly headers: { readonly authorization?: string };
  /** Maximum age in milliseconds of cached data about the caller; by default the strategy decides. */
  readonly maxAgeMs?: number;
}

/**
 * Authenticates a token again, for connections that stay open.
 *
 * @param maxAgeMs maximum age of cached data about the caller in milliseconds
 * @returns the caller; undefined if the token is expired or revoked
 * @throws Rejection `dependency.unavailable` if this cannot be checked
 */
export async function authenticateBearer(token: string, maxAgeMs: number): Promise<Caller | undefined> {
  const request: BearerRequest & { user?: Caller } = {
    headers: { authorization: `Bearer ${token}` },
    maxAgeMs,
  };
  try {
    await bearer.canActivate(new ExecutionContextHost([request, {}]));
    return request.user;
  } catch (error) {
    if (error instanceof RequestRefused && error.definition.status === 401) return undefined;
    throw error;
  }
}

/**
 * Every route without `@Public()` requires a caller, who is authenticated before the body is read, so the body of an
 * anonymous request is not parsed. Add it after the rate limits.
 */
export function authenticateCallers(server: FastifyInstance): void {
  server.addHook('onRequest', async (request, reply) => {
    const route = request.routeOptions.config as GuardedRoute;
    if (!route.explained || route.public) return;
    if (route.outlivesSession) request.maxAgeMs = 0;
    await bearer.canActivate(new ExecutionContextHost([request, reply]));
    workContext().actorId = request.user!.userId;
  });
}

/**
 * Rejects requests without a caller (see {@link authenticateCallers}), except for routes with `@Public()`.
 *
 * @throws RequestRefused `auth.unauthenticated`
 */
@Injectable()
export class AuthenticationGuard implements CanActivate {
  constructor(private readonly reflector: Reflector) {}

  canActivate(context: ExecutionContext): boolean {
    const open = this.reflector.getAllAndOverride<boolean>(PUBLIC, [
      context.getHandler(),
      context.getClass(),
    ]);
    if (!open && !callerOf(context)) throw new RequestRefused(Problems.unauthenticated);
    return true;
  }
}

/**
 * Checks `@RequirePermission()` against the caller's permissions. An API key needs the scope `read` for GET and HEAD,
 * and `write` for everything else.
 *
 * @throws RequestRefused `auth.forbidden`
 */
@Injectable()
export class PermissionGuard implements CanActivate {
  constructor(private readonly reflector: Reflector) {}

  canActivate(context: ExecutionContext): boolean {
    const caller = callerOf(context);
    const scope = scopeFor(context);
    if (caller?.scopes && !caller.scopes.has(scope))
      throw new RequestRefused(Problems.forbidden, {
        detail: `The API key does not have the scope "${scope}".`,
      });
    const needed = this.reflector.getAllAndMerge<string[]>(PERMISSIONS, [
      context.getHandler(),
      context.getClass(),
    ]);
    if (needed.length === 0) return true;
    if (!caller) throw new RequestRefused(Problems.unauthenticated);
    if (!needed.every((permission) => caller.permissions.has(permission)))
      throw new RequestRefused(Problems.forbidden);
    return true;
  }
}

function scopeFor(context: ExecutionContext): 'read' | 'write' {
  const { method } = context.switchToHttp().getRequest<FastifyRequest>();
  return method === 'GET' || method === 'HEAD' ? 'read' : 'write';
}
