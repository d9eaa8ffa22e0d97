import {
  applyDecorators,
  type CanActivate,
  type ExecutionContext,
  Injectable,
  SetMetadata,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { AuthGuard } from '@nestjs/passport';
import { ApiExtension } from '@nestjs/swagger';
import { workContext } from '@rookery/observability';
import type { FastifyRequest } from 'fastify';
import { callerOf, type Caller } from './caller';
import { RequestRefused } from './problem';
import { Problems } from './problems';

const PUBLIC = 'rookery:public';
const PERMISSIONS = 'rookery:permissions';

/** Opens a route, or all of a controller, to callers who are not signed in. */
export function Public(): MethodDecorator & ClassDecorator {
  return applyDecorators(SetMetadata(PUBLIC, true), ApiExtension('x-public', true));
}

/**
 * Only callers with all of these permissions come in; others get 403 `auth.forbidden`.
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
 * Says in the API description with which permission callers may do this to what others own. The model decides.
 *
 * @param permission such as `posts:update:any`
 */
export function PermissionBeyondOwn(permission: string): MethodDecorator {
  return ApiExtension('x-permission-beyond-own', permission);
}

/**
 * Every route without `@Public()` wants a caller: the passport strategy named `bearer` finds out who it is.
 *
 * @throws RequestRefused `auth.unauthenticated`, or what the strategy throws
 */
@Injectable()
export class AuthenticationGuard extends AuthGuard('bearer') {
  constructor(private readonly reflector: Reflector) {
    super();
  }

  override async canActivate(context: ExecutionContext): Promise<boolean> {
    if (this.reflector.getAllAndOverride<boolean>(PUBLIC, [context.getHandler(), context.getClass()]))
      return true;
    await super.canActivate(context);
    workContext().actorId = callerOf(context)!.userId;
    return true;
  }

  override handleRequest<User = Caller>(error: unknown, caller: User | false | null): User {
    if (error) throw error;
    if (!caller) throw new RequestRefused(Problems.unauthenticated);
    return caller;
  }
}

/**
 * Looks for what `@RequirePermission()` asks for among the caller's permissions. An API key needs the scope `read` for
 * GET and HEAD, and `write` for everything else.
 *
 * @throws RequestRefused `auth.forbidden`
 */
@Injectable()
export class PermissionGuard implements CanActivate {
  constructor(private readonly reflector: Reflector) {}

  canActivate(context: ExecutionContext): boolean {
    const caller = callerOf(context);
    if (caller?.scopes && !caller.scopes.has(scopeFor(context))) throw new RequestRefused(Problems.forbidden);
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
