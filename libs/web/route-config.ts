import { RouteConfig } from '@nestjs/platform-fastify';

/** Metadata key of `RouteConfig`; @nestjs/platform-fastify does not export it. */
const KEY = '__fastify_route_config__';

/**
 * Adds to `routeOptions.config` of a route, or of all routes of a controller, for hooks, which cannot read Nest's
 * metadata. `RouteConfig` alone would replace it.
 */
export function AddToRouteConfig(config: object): MethodDecorator & ClassDecorator {
  return (target: object, name?: string | symbol, descriptor?: PropertyDescriptor): void => {
    if (descriptor) return add(config, target, name!, descriptor);
    const { prototype } = target as { prototype: object };
    for (const [method, own] of Object.entries(Object.getOwnPropertyDescriptors(prototype))) {
      if (typeof own.value === 'function' && method !== 'constructor') add(config, prototype, method, own);
    }
  };
}

function add(config: object, target: object, name: string | symbol, descriptor: PropertyDescriptor): void {
  const present = Reflect.getMetadata(KEY, descriptor.value as object) as object | undefined;
  RouteConfig({ ...present, ...config })(target, name, descriptor);
}
