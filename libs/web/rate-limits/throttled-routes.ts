import { PATH_METADATA } from '@nestjs/common/constants.js';
import { MetadataScanner, type ModulesContainer } from '@nestjs/core';
import {
  THROTTLER_BLOCK_DURATION,
  THROTTLER_KEY_GENERATOR,
  THROTTLER_LIMIT,
  THROTTLER_SKIP,
  THROTTLER_TRACKER,
  THROTTLER_TTL,
} from '@nestjs/throttler/dist/throttler.constants';
import { AddToRouteConfig } from '../route-config';
import { definedPolicies, RatePolicies, type RateLimitedRoute, type RatePolicy } from './policies';

const OVERRIDES = [
  THROTTLER_LIMIT,
  THROTTLER_TTL,
  THROTTLER_BLOCK_DURATION,
  THROTTLER_TRACKER,
  THROTTLER_KEY_GENERATOR,
];

/**
 * Copies the policies of each route, from `@Throttle()` and `@SkipThrottle()` of @nestjs/throttler on the method or its
 * class, to the config of the route, for hooks and guards. Call it before routes are registered.
 *
 * @throws Error if one names an undefined policy, or different numbers for a policy
 */
export function announceThrottles(modules: ModulesContainer): void {
  const scanner = new MetadataScanner();
  const controllers = [...modules.values()].flatMap((module) => [...module.controllers.values()]);
  for (const { metatype } of controllers) {
    if (typeof metatype !== 'function') continue;
    const prototype = metatype.prototype as Record<string, object>;
    for (const name of scanner.getAllMethodNames(prototype)) {
      const handler = prototype[name]!;
      if (!Reflect.hasMetadata(PATH_METADATA, handler)) continue;
      const ratePolicies = policiesOf(`${metatype.name}.${name}`, [handler, metatype]);
      if (!ratePolicies) continue;
      AddToRouteConfig({ ratePolicies } satisfies RateLimitedRoute)(prototype, name, { value: handler });
    }
  }
}

/** @returns the policies of a route; undefined if it has only the default one. */
function policiesOf(route: string, targets: readonly object[]): RatePolicy[] | undefined {
  const keys = targets.flatMap((target) => Reflect.getMetadataKeys(target) as unknown[]);
  const names = new Set<string>();
  for (const key of keys) {
    const prefix = [...OVERRIDES, THROTTLER_SKIP].find((each) => String(key).startsWith(each));
    if (prefix) names.add(String(key).slice(prefix.length));
  }
  if (names.size === 0) return undefined;
  const known = new Map(definedPolicies().map((policy) => [policy.name, policy]));
  for (const name of names) {
    if (!known.has(name))
      throw new Error(`${route} is throttled by "${name}", which no defineRatePolicy() defines.`);
    const overridden = OVERRIDES.some((key) =>
      targets.some((target) => Reflect.getMetadata(key + name, target) !== undefined),
    );
    if (overridden)
      throw new Error(
        `${route} throttles "${name}" with its own numbers. A policy has the same numbers for all its routes: define another policy, or use @Throttle({ ${name}: {} }).`,
      );
  }
  const skipped = (name: string) =>
    targets.map((target) => Reflect.getMetadata(THROTTLER_SKIP + name, target) as boolean | undefined);
  return [RatePolicies.default.name, ...names]
    .filter((name, index, all) => all.indexOf(name) === index)
    .filter(
      (name) =>
        name === RatePolicies.default.name ||
        targets.some((target) => Reflect.hasMetadata(THROTTLER_LIMIT + name, target)),
    )
    .filter((name) => !skipped(name).find((skip) => skip !== undefined))
    .map((name) => known.get(name)!);
}
