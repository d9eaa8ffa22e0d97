import type { z } from 'zod';
import { newId } from './id';

/** An event type: its name, the version of its schema and the schema. */
export interface EventDefinition<Data = unknown> {
  /** `<context>.<what-happened>`, past tense, kebab-case. Stable API. */
  readonly type: string;
  /** Version of `schema`, from 1. A changed schema is a new version. */
  readonly version: number;
  readonly schema: z.ZodType<Data>;
}

/** An event as it is stored in the outbox and passed to subscribers. */
export interface EventEnvelope<Data = unknown> {
  /** UUIDv7 of this event: the idempotency key for its subscribers. */
  readonly id: string;
  readonly type: string;
  readonly version: number;
  /** ISO 8601, UTC, milliseconds. */
  readonly occurredAt: string;
  /** Id of the aggregate that the event is about. */
  readonly subject: string;
  /** Version of the aggregate after the event; without gaps per subject, from 1. */
  readonly sequence: number;
  /** User on whose behalf it happened; null for the system itself. */
  readonly actorId: string | null;
  /** The request that caused it (`X-Request-Id`). */
  readonly correlationId: string | null;
  /** The event that caused this one; null if a request did. */
  readonly causationId: string | null;
  /** W3C trace context of the writer. */
  readonly traceparent: string | null;
  readonly data: Data;
}

/** The envelope that subscribers of a definition receive. */
export type EventOf<D> = D extends EventDefinition<infer Data> ? EventEnvelope<Data> : never;

/** An event that an aggregate raised and that is not stored yet. */
export interface RaisedEvent {
  readonly definition: EventDefinition;
  readonly subject: string;
  readonly sequence: number;
  readonly data: unknown;
}

/**
 * An event that no aggregate raises.
 *
 * @param subject id of the subject; must have no other event. A new id by default
 */
export function occurred<Data>(
  definition: EventDefinition<Data>,
  data: Data,
  subject = newId(),
): RaisedEvent {
  return { definition, subject, sequence: 1, data };
}

const definitions = new Map<string, EventDefinition>();

/**
 * Declares an event; part of a context's `contract.ts`.
 *
 * @param type `<context>.<what-happened>`
 * @param version of the schema, from 1
 * @param schema of the data
 * @throws Error if the type and version are already declared or the type is malformed
 */
export function defineEvent<Data>(
  type: string,
  version: number,
  schema: z.ZodType<Data>,
): EventDefinition<Data> {
  if (!/^[a-z][a-z-]*\.[a-z][a-z-]*$/.test(type)) {
    throw new Error(`Event type "${type}" must have the form <context>.<what-happened> in kebab-case.`);
  }
  const key = `${type} v${version}`;
  if (definitions.has(key)) throw new Error(`Event ${key} is defined twice.`);
  const definition = { type, version, schema };
  definitions.set(key, definition);
  return definition;
}

/** @returns every declared event, by type and version. */
export function definedEvents(): readonly EventDefinition[] {
  return [...definitions.values()].sort((a, b) => a.type.localeCompare(b.type) || a.version - b.version);
}
