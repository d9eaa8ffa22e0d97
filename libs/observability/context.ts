import { AsyncLocalStorage } from 'node:async_hooks';
import { randomHex } from './random-hex';
import type { WaitBudget } from './wait-budget';

/** Request, event and user that the current work belongs to. */
export interface WorkContext {
  /** The original request (`X-Request-Id`). */
  correlationId: string | null;
  /** The event being handled; null in a request. */
  causationId: string | null;
  /** The acting user; null for the system itself. */
  actorId: string | null;
  /** W3C trace context. */
  traceparent: string | null;
  /** Whether the response came from the cache; absent if the cache was not used. */
  cache?: 'HIT' | 'MISS';
  /** Origin of the request; absent if there is none. */
  client?: { readonly ip: string; readonly userAgent: string };
  /** How long the work can wait for its dependencies in total; absent if each wait has only its own timeout. */
  waitBudget?: WaitBudget;
}

const storage = new AsyncLocalStorage<WorkContext>();
const nobody: WorkContext = Object.freeze({
  correlationId: null,
  causationId: null,
  actorId: null,
  traceparent: null,
});

/** @returns the context of the current work, or a context of nulls outside of any work. */
export function workContext(): WorkContext {
  return storage.getStore() ?? nobody;
}

/** Runs `work` in the given context. */
export function withWorkContext<T>(context: WorkContext, work: () => T): T {
  return storage.run(context, work);
}

const TRACEPARENT = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

/**
 * Continues a trace or starts one (W3C Trace Context, level 1).
 *
 * @param incoming a `traceparent` header; anything malformed starts a new trace
 * @returns a `traceparent` with the same trace id and a new parent id
 */
export function continueTrace(incoming?: string | null): string {
  const traceId = traceIdOf(incoming) ?? randomHex(16);
  return `00-${traceId}-${randomHex(8)}-01`;
}

/** @returns the trace id of a `traceparent`; undefined if there is none. */
export function traceIdOf(traceparent?: string | null): string | undefined {
  return TRACEPARENT.exec(traceparent ?? '')?.[1];
}
