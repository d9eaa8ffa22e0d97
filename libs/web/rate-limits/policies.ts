import { applyDecorators } from '@nestjs/common';
import { ApiExtension } from '@nestjs/swagger';
import { Throttle, type ThrottlerOptions } from '@nestjs/throttler';
import { defineSettings, setting, type SettingsClass } from '@rookery/settings';
import { z } from 'zod';
import { type Bucket, bucketOf } from './bucket';

/** What a bucket counts: requests from an IP address, or requests about an account. */
export type Subject = 'ip' | 'account';

/** Requests per number of seconds; all of them can be sent at once. */
export interface Quota {
  limit: number;
  windowSeconds: number;
}

/** A rate limit. */
export interface RatePolicy {
  readonly name: string;
  readonly per: readonly Subject[];
  /** Counted in PostgreSQL where Redis is not durable enough: see {@link defineRatePolicy}. */
  readonly failClosed: boolean;
  /** Whether all strangers to an account share one bucket: see {@link defineRatePolicy}. */
  readonly strangersTogether: boolean;
  /** Default quota. */
  readonly quota: Quota;
  readonly settings: SettingsClass<{ quota: Quota }>;
}

/** A bucket of a policy: one per kind of subject. */
export interface PolicyBucket extends Bucket {
  readonly per: Subject;
  readonly failClosed: boolean;
}

/** Result of `@Throttle()` and `@SkipThrottle()` in a route's config. */
export interface RateLimitedRoute {
  /** All policies of the route, including the default one; undefined if there is only the default. */
  ratePolicies?: readonly RatePolicy[];
}

/** `10/60`: ten requests in sixty seconds. */
const quota = z
  .string()
  .regex(/^[1-9]\d{0,6}\/[1-9]\d{0,5}$/, 'must be requests/seconds such as 10/60')
  .transform((text): Quota => {
    const [limit, windowSeconds] = text.split('/').map(Number) as [number, number];
    return { limit, windowSeconds };
  });

const declared = new Map<string, RatePolicy>();

/**
 * Declares a policy and its setting: `stories-create` is set by `RATE_LIMIT_STORIES_CREATE`.
 *
 * @param name kebab-case, used in the headers
 * @param rest.quota default requests/seconds: capacity of the bucket and the time in which it fills
 * @param rest.per what it counts; with several, each has a bucket and the strictest decides. `account` is the caller,
 *   or the account of `email` in the body together with the client address, so that a stranger does not use up the
 *   limit of others who send the same e-mail address. A request with neither is not counted
 * @param rest.failClosed for routes where secrets can be guessed: accounts are always counted in PostgreSQL, so that
 *   flushing Redis does not reset them; addresses are counted there while Redis is down
 * @param rest.strangersTogether for routes where an account can be attacked from many addresses: addresses from which
 *   the user has not signed in share one bucket; each of the others has its own
 * @throws Error if the name is taken or malformed
 */
export function defineRatePolicy(
  name: string,
  rest: {
    quota: `${number}/${number}`;
    per: readonly [Subject, ...Subject[]];
    failClosed?: boolean;
    strangersTogether?: boolean;
    doc: string;
  },
): RatePolicy {
  if (!/^[a-z][a-z-]*$/.test(name) || declared.has(name))
    throw new Error(`The name of rate policy ${name} is malformed or already used.`);
  class PolicySettings extends defineSettings(`Rate limit ${name}`, {
    quota: setting(`RATE_LIMIT_${name.toUpperCase().replaceAll('-', '_')}`, quota, {
      default: rest.quota,
      doc: `${rest.doc} Format: requests/seconds, the size of the bucket and the seconds in which it refills.`,
    }),
  }) {}
  const policy = {
    name,
    per: rest.per,
    failClosed: rest.failClosed ?? false,
    strangersTogether: rest.strangersTogether ?? false,
    quota: quota.parse(rest.quota),
    settings: PolicySettings,
  };
  declared.set(name, policy);
  return policy;
}

/** @returns the policies of all loaded contexts. */
export function definedPolicies(): readonly RatePolicy[] {
  return [...declared.values()];
}

/** The policies of the web layer itself; contexts declare more with {@link defineRatePolicy}. */
export const RatePolicies = {
  default: defineRatePolicy('default', {
    quota: '40/2',
    per: ['ip'],
    doc: 'All requests, per IP address.',
  }),
  login: defineRatePolicy('login', {
    quota: '10/60',
    per: ['ip', 'account'],
    failClosed: true,
    strangersTogether: true,
    doc: 'Sign-ins, per IP address and per account. For an account, all unknown clients share one limit, and each known network has its own.',
  }),
  otp: defineRatePolicy('otp', {
    quota: '10/60',
    per: ['ip', 'account'],
    failClosed: true,
    doc: 'Codes by mail and second factors, per IP address and per account. Anonymous requests about an account are counted per IP address.',
  }),
  password: defineRatePolicy('password', {
    quota: '10/60',
    per: ['ip', 'account'],
    failClosed: true,
    doc: 'Changing and resetting passwords, per IP address and per account. Anonymous requests about an account are counted per IP address.',
  }),
} as const;

/** @returns the text for a policy in the API description, with the default quota. */
export function describePolicy({ name, per, quota: { limit, windowSeconds } }: RatePolicy): object {
  return { policy: name, limit, window: windowSeconds, per };
}

/** Extension with the text of {@link describePolicy}. */
export const RATE_LIMIT = 'x-rate-limit';

/**
 * Adds policies to a route, in addition to the default policy: `@Throttle()` of @nestjs/throttler plus a line in the
 * API description. `@SkipThrottle()` exempts a route from a policy.
 */
export function RateLimit(...policies: readonly [RatePolicy, ...RatePolicy[]]): MethodDecorator {
  return applyDecorators(
    Throttle(Object.fromEntries(policies.map(({ name }) => [name, {}]))),
    ApiExtension(RATE_LIMIT, policies.map(describePolicy)),
  );
}

/** @returns the buckets of a policy, sized by its setting. */
export function bucketsOf(
  { name, per, failClosed, settings }: RatePolicy,
  environment = process.env,
): PolicyBucket[] {
  const { limit, windowSeconds } = new settings(environment).quota;
  return per.map((subject) => ({
    ...bucketOf(per.length === 1 ? name : `${name}-${subject}`, limit, windowSeconds),
    per: subject,
    failClosed,
  }));
}

/** @returns the policy in the form of @nestjs/throttler, with the numbers of its setting. */
export function throttlerOf({ name, settings }: RatePolicy, environment = process.env): ThrottlerOptions {
  const { limit, windowSeconds } = new settings(environment).quota;
  return { name, limit, ttl: windowSeconds * 1_000 };
}

const EXEMPT = [
  /^\/(livez|readyz|startupz|healthz|metrics)$/,
  /^\/problems(\/|$)/,
  /^\/\.well-known\//,
  /^\/v1\/docs(\/|$|-)/,
  // The files of the example. Its requests to the API are counted.
  /^\/example(\/|$)/,
  /^\/v1\/(openapi\.(json|yaml)|asyncapi\.json)$/,
];

/** @returns whether a path is exempt: polled by monitoring, or public and cacheable. */
export function isExempt(path: string): boolean {
  return EXEMPT.some((pattern) => pattern.test(path));
}
