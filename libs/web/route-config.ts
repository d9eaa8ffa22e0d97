import { RouteConfig } from '@nestjs/platform-fastify';

/** Metadata key of `RouteConfig`; @nestjs/platform-fastify does not export it. */
const KEY = '__fastify_route_config__';

/** Adds to a route's `routeOptions.config`, which hooks read; `RouteConfig` alone would replace it. */
export function AddToRouteConfig(config: object): MethodDecorator {
  return (target, name, descriptor) => {
    const present = Reflect.getMetadata(KEY, descriptor.value as object) as object | undefined;
    RouteConfig({ ...present, ...config })(target, name, descriptor);
  };
}
