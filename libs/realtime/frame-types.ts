import type { z } from 'zod';

/** A type of frame that servers send: its name, the schema of its payload, and a summary. */
export interface FrameType<Payload = unknown> {
  /** `<area>.<what-happened>`, kebab-case. Stable API. */
  readonly type: string;
  readonly schema: z.ZodType<Payload>;
  /** One sentence for the API description. */
  readonly summary: string;
}

const types = new Map<string, FrameType>();

/**
 * Declares a frame; part of `frames.ts` of a context, which senders import.
 *
 * @param type `<area>.<what-happened>`
 * @param schema of the payload; its descriptions appear in `asyncapi.json`
 * @param options.summary one sentence that tells clients what happened
 * @throws Error if the type is already declared or malformed
 */
export function defineFrame<Payload>(
  type: string,
  schema: z.ZodType<Payload>,
  { summary }: { summary: string },
): FrameType<Payload> {
  if (!/^[a-z][a-z-]*\.[a-z][a-z-]*$/.test(type))
    throw new Error(`Frame type "${type}" must have the form <area>.<what-happened> in kebab-case.`);
  if (types.has(type)) throw new Error(`Frame ${type} is defined twice.`);
  const definition = { type, schema, summary };
  types.set(type, definition);
  return definition;
}

/** @returns every declared frame, by type. */
export function definedFrames(): readonly FrameType[] {
  return [...types.values()].sort((a, b) => a.type.localeCompare(b.type));
}
