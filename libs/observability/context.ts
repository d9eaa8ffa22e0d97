import { AsyncLocalStorage } from 'node:async_hooks';
import { randomHex } from './random-hex';
import type { WaitBudget } from './wait-budget';

/** In whose course and on whose behalf the present work is done. */
export interface WorkContext {
  /** The request that started it all (`X-Request-Id`). */
  correlationId: string | null;
  /** The event being handled; null in a request. */
  causationId: string | null;
  /** The user on whose behalf; null for the system itself. */
  actorId: string | null;
  /** W3C trace context. */
  traceparent: string | null;
  /** Whether the answer came from the cache; absent when nothing was looked up there. */
  cache?: 'HIT' | 'MISS';
  /** From where the request came; absent where there is none. */
  client?: { readonly ip: string; readonly userAgent: string };
  /** How long the work may wait for what it depends on; absent where each wait has only a limit of its own. */
  waitBudget?: WaitBudget;
}

const storage = new AsyncLocalStorage<WorkContext>();
const nobody: WorkContext = Object.freeze({
  correlationId: null,
  causationId: null,
  actorId: null,
  traceparent: null,
});

/** @returns the context of the present work; one of nulls outside any. */
export function workContext(): WorkContext {
  return storage.getStore() ?? nobody;
}

/** Runs `work` in a context of its own. */
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

/** @returns the trace id in a `traceparent`; undefined when there is none. */
export function traceIdOf(traceparent?: string | null): string | undefined {
  return TRACEPARENT.exec(traceparent ?? '')?.[1];
}
