import 'reflect-metadata';
import type { Command, CommandResult } from '@nestjs/cqrs';
import { type DurableName, durableName, whereIs } from '@rookery/domain';

/** What the audit log may know of a command beside who ran it, when, from where and with which outcome. */
export interface AuditOptions<C extends Command<unknown> = Command<unknown>> {
  /** Fields that are recorded as they are. None by default, so that a secret gets in by nobody's oversight. */
  record?: readonly (keyof C & string)[];
  /** Id of what it was done to; by default what the rejection names, or the subject of the first event it raised. */
  subject?: (command: C, result: CommandResult<C> | undefined) => string | null | undefined;
  /** The code of the refusal that a result stands for, where a command answers it instead of throwing. */
  refusal?: (result: CommandResult<C>) => string | undefined;
  /** Names it had before: whoever reads the log by its name finds entries of these too. */
  formerly?: readonly string[];
}

/** What {@link Audited} records about a class. */
export interface AuditedAction extends DurableName {
  readonly options: AuditOptions;
}

const KEY = Symbol('audited');

/** Names of what is a secret or leads to a person, and so has no place in a log that forgets nothing. */
const NEVER = /pass|secret|token|code|otp|recovery|credential|mail|phone|^name$|username|^ip$|agent|client/i;

/**
 * Names a command, and says what the audit log may record of it. The name stays when the class is renamed: entries of
 * the audit log and the notes under idempotency keys bear it.
 *
 * @param name `<context>.<verb-phrase>`: `social.create-post`
 * @throws Error when the name is misspelt, or a field's name says that it is a secret or personal
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
 * @returns what {@link Audited} recorded about the class of a command
 * @throws Error without one
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
