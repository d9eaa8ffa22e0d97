import 'reflect-metadata';
import type { Command, CommandResult } from '@nestjs/cqrs';
import { type DurableName, durableName, whereIs } from '@rookery/domain';

/** What the audit log can record about a command in addition to caller, time, origin and outcome. */
export interface AuditOptions<C extends Command<unknown> = Command<unknown>> {
  /** Fields that are recorded unchanged. None by default, so that no secret is recorded by mistake. */
  record?: readonly (keyof C & string)[];
  /** Id of the subject; by default the subject of the rejection, or of the first event it raised. */
  subject?: (command: C, result: CommandResult<C> | undefined) => string | null | undefined;
  /** The rejection code that a result stands for, if the command returns it instead of throwing. */
  refusal?: (result: CommandResult<C>) => string | undefined;
  /** Previous names: a filter by the current name also finds entries with these. */
  formerly?: readonly string[];
}

/** Metadata that {@link Audited} stores about a class. */
export interface AuditedAction extends DurableName {
  readonly options: AuditOptions;
}

const KEY = Symbol('audited');

/** Names of secret or personal fields. They must not be in a log whose entries are never deleted. */
const NEVER = /pass|secret|token|code|otp|recovery|credential|mail|phone|^name$|username|^ip$|agent|client/i;

/**
 * Names a command and declares what the audit log records about it. Do not change the name when you rename the class:
 * entries of the audit log and idempotency records contain it.
 *
 * @param name `<context>.<verb-phrase>`: `social.create-post`
 * @throws Error if the name is malformed, or if a field has the name of secret or personal data
 */
export function Audited<C extends Command<unknown>>(
  name: string,
  { formerly, ...options }: AuditOptions<C> = {},
): ClassDecorator {
  const action = durableName('command', name, formerly);
  const forbidden = options.record?.find((field) => NEVER.test(field));
  if (forbidden !== undefined) throw new Error(`The audit log does not record a field named ${forbidden}.`);
  return (target) => Reflect.defineMetadata(KEY, { ...action, options }, target);
}

/**
 * @returns the {@link Audited} metadata of a command's class
 * @throws Error if there is none
 */
export function auditedAction(type: { name: string }): AuditedAction {
  const action = Reflect.getOwnMetadata(KEY, type) as AuditedAction | undefined;
  if (action) return action;
  throw new Error(`${whereIs(type)} has no durable name: put @Audited('<context>.<verb-phrase>') above it.`);
}

const MAX_LENGTH = 200;

/** @returns the fields to record: scalars, never whole objects. */
export function recordedOf(command: object, names: readonly string[] = []): Record<string, unknown> {
  const values = command as Record<string, unknown>;
  return Object.fromEntries(names.map((name) => [name, scalar(values[name])]));
}

function scalar(value: unknown): unknown {
  if (typeof value === 'string') return value.slice(0, MAX_LENGTH);
  return typeof value === 'number' || typeof value === 'boolean' ? value : null;
}
