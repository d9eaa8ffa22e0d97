import { applyDecorators } from '@nestjs/common';
import { ApiExtension } from '@nestjs/swagger';
import { Throttle, type ThrottlerOptions } from '@nestjs/throttler';
import { defineSettings, setting, type SettingsClass } from '@rookery/settings';
import { z } from 'zod';
import { type Bucket, bucketOf } from './bucket';

/** Whose requests a bucket counts: those of an address, or those about an account. */
export type Subject = 'ip' | 'account';

/** So many requests in so many seconds; all of them may come at once. */
export interface Quota {
  limit: number;
  windowSeconds: number;
}

/** A rule about how often somebody may ask. */
export interface RatePolicy {
  readonly name: string;
  readonly per: readonly Subject[];
  /** Counted in PostgreSQL where Redis must not be believed: see {@link defineRatePolicy}. */
  readonly failClosed: boolean;
  /** Whether all strangers to an account share one bucket of it: see {@link defineRatePolicy}. */
  readonly strangersTogether: boolean;
  /** What it grants unless its setting says otherwise. */
  readonly quota: Quota;
  readonly settings: SettingsClass<{ quota: Quota }>;
}

/** A bucket of a policy: one for each kind of subject. */
export interface PolicyBucket extends Bucket {
  readonly per: Subject;
  readonly failClosed: boolean;
}

/** What `@Throttle()` and `@SkipThrottle()` come to in a route's config. */
export interface RateLimitedRoute {
  /** All policies of the route, the default one included; undefined where there is only that. */
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
 * @param name kebab-case, as the headers have it
 * @param rest.quota requests/seconds unless the setting says otherwise: a bucket of so many that fills in so long
 * @param rest.per whose requests it counts; with several, each has a bucket and the strictest decides. `account` is the
 *   caller, or who is named by `email` in the body, from one address: a stranger who names somebody takes nothing from
 *   anybody else who does. A request with neither is not counted by it
 * @param rest.failClosed for routes on which somebody guesses secrets: accounts are always counted in PostgreSQL, so
 *   that flushing Redis grants nothing, and addresses are while Redis is away
 * @param rest.strangersTogether where somebody guesses at an account from many addresses: those from which nobody has
 *   signed in to it share one bucket; the others keep one each
 * @throws Error when the name is taken or misspelt
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
    throw new Error(`Rate policy ${name} is taken or misspelt.`);
  class PolicySettings extends defineSettings(`Rate limit ${name}`, {
    quota: setting(`RATE_LIMIT_${name.toUpperCase().replaceAll('-', '_')}`, quota, {
      default: rest.quota,
      doc: `${rest.doc} As requests/seconds: so many may come at once, and in so long they are granted again.`,
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

/** @returns the policies of all contexts that are loaded. */
export function definedPolicies(): readonly RatePolicy[] {
  return [...declared.values()];
}

/** The policies of the edge itself; contexts declare more with {@link defineRatePolicy}. */
export const RatePolicies = {
  default: defineRatePolicy('default', {
    quota: '40/2',
    per: ['ip'],
    doc: 'What an address may ask of all routes together.',
  }),
  login: defineRatePolicy('login', {
    quota: '10/60',
    per: ['ip', 'account'],
    failClosed: true,
    strangersTogether: true,
    doc: 'Signing in, per address and per account: all strangers together, and each network from which somebody has signed in to it.',
  }),
  otp: defineRatePolicy('otp', {
    quota: '10/60',
    per: ['ip', 'account'],
    failClosed: true,
    doc: 'Codes by mail and second factors, per address and per account; an account that is only named counts for each address apart.',
  }),
  password: defineRatePolicy('password', {
    quota: '10/60',
    per: ['ip', 'account'],
    failClosed: true,
    doc: 'Changing and resetting passwords, per address and per account; an account that is only named counts for each address apart.',
  }),
} as const;

/** @returns what the description of the API says of a policy: the numbers of the code, not of a deployment. */
export function describePolicy({ name, per, quota: { limit, windowSeconds } }: RatePolicy): object {
  return { policy: name, limit, window: windowSeconds, per };
}

/** Extension that holds what {@link describePolicy} says. */
export const RATE_LIMIT = 'x-rate-limit';

/**
 * Puts a route under policies besides the default one, which every route is under: `@Throttle()` of @nestjs/throttler
 * with a line in the description of the API. `@SkipThrottle()` takes a route out of a policy.
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

/** @returns the policy as @nestjs/throttler has it, with the numbers of its setting. */
export function throttlerOf({ name, settings }: RatePolicy, environment = process.env): ThrottlerOptions {
  const { limit, windowSeconds } = new settings(environment).quota;
  return { name, limit, ttl: windowSeconds * 1_000 };
}

const EXEMPT = [
  /^\/(livez|readyz|startupz|healthz|metrics)$/,
  /^\/problems(\/|$)/,
  /^\/\.well-known\//,
  /^\/v1\/docs(\/|$|-)/,
  /^\/v1\/(openapi\.(json|yaml)|asyncapi\.json)$/,
];

/** @returns whether a path is asked by machines that watch, or holds what everybody may read again and again. */
export function isExempt(path: string): boolean {
  return EXEMPT.some((pattern) => pattern.test(path));
}
