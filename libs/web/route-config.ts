import { RouteConfig } from '@nestjs/platform-fastify';

/** Where `RouteConfig` keeps what it was given; @nestjs/platform-fastify does not export the key. */
const KEY = '__fastify_route_config__';

/** Adds to what hooks see of a route in `routeOptions.config`; `RouteConfig` alone would replace what is there. */
export function AddToRouteConfig(config: object): MethodDecorator {
  return (target, name, descriptor) => {
    const present = Reflect.getMetadata(KEY, descriptor.value as object) as object | undefined;
    RouteConfig({ ...present, ...config })(target, name, descriptor);
  };
}
