import { applyDecorators } from '@nestjs/common';
import { ApiExtension } from '@nestjs/swagger';
import type { FastifyInstance } from 'fastify';
import { AddToRouteConfig } from './route-config';

/** Minimum days that a deprecated operation remains available: docs/guides/api-policy.md. */
const MIN_DEPRECATED_DAYS = 180;
const DAY_MS = 86_400_000;

/** What clients of a deprecated operation need to know. */
export interface Deprecation {
  /** Date of the deprecation: `2026-11-22`. */
  since: string;
  /** Date from which the operation can be removed, at least 180 days later: `2027-06-01`. */
  sunset: string;
  /** The alternative, in a sentence. */
  instead: string;
  /** URL of a page about it; by default the API description. */
  page?: string;
}

/** Extension that tells `buildOpenApi` that an operation is deprecated. */
export const DEPRECATED = 'x-deprecation';

interface DeprecatedRoute {
  deprecation?: Record<'deprecation' | 'sunset' | 'link', string>;
}

/**
 * An operation that clients should stop using. Every response says since when (`Deprecation`, RFC 9745), until when
 * (`Sunset`, RFC 8594) and where to read about it (`Link`), and the operation is `deprecated` in the API description.
 *
 * @throws Error if a date is malformed, or there are fewer than 180 days between them
 */
export function Deprecated(deprecation: Deprecation): MethodDecorator {
  const [since, sunset] = [timeOf(deprecation.since), timeOf(deprecation.sunset)];
  if (sunset - since < MIN_DEPRECATED_DAYS * DAY_MS)
    throw new Error(
      `An operation that is deprecated on ${deprecation.since} must work for ${MIN_DEPRECATED_DAYS} days: ${deprecation.sunset} is too early.`,
    );
  const headers = {
    deprecation: `@${since / 1_000}`,
    sunset: new Date(sunset).toUTCString(),
    link: `<${deprecation.page ?? '/v1/docs'}>; rel="deprecation"; type="text/html"`,
  };
  return applyDecorators(
    AddToRouteConfig({ deprecation: headers } satisfies DeprecatedRoute),
    ApiExtension(DEPRECATED, deprecation),
  );
}

function timeOf(date: string): number {
  const time = /^\d{4}-\d{2}-\d{2}$/.test(date) ? Date.parse(date) : Number.NaN;
  if (Number.isNaN(time)) throw new Error(`${date} is not a date such as 2026-11-22.`);
  return time;
}

/** Sets the headers of deprecated operations, including their errors. Costs nothing for other routes. */
export function announceDeprecations(server: FastifyInstance): void {
  server.addHook('onRoute', (route) => {
    const { deprecation: headers }: DeprecatedRoute = route.config ?? {};
    if (!headers) return;
    route.onSend = [
      ...[route.onSend ?? []].flat(),
      (_request, reply, payload, done) => {
        const next = reply.getHeader('link');
        reply.headers({
          ...headers,
          link: next === undefined ? headers.link : `${String(next)}, ${headers.link}`,
        });
        done(null, payload);
      },
    ];
  });
}
