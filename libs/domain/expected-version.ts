import { defineRejection, Rejection } from './rejection';

/**
 * The versions of a resource that a caller has read before changing it; `any` accepts every existing version, undefined
 * means not specified.
 */
export type ExpectedVersion = readonly number[] | 'any' | undefined;

/** A change must state the version that it is based on. */
export const VersionRequired = defineRejection(
  'precondition.required',
  'invalid',
  'A change to this resource must state the version that it is based on.',
  'Read the resource, and send its version with the change.',
);

const Stale = defineRejection(
  'precondition.failed',
  'conflict',
  'The resource has changed since you read it.',
  'Read the resource again and repeat the change if it still makes sense.',
);

/** The resource has changed since the caller read it. */
export class StaleVersion extends Rejection {
  /** @param version the current version */
  constructor(readonly version: number) {
    super(Stale);
  }
}

/**
 * Call it after the resource was found and the caller's permission was checked.
 *
 * @param version the current version of the resource
 * @param expected versions that the caller has read
 * @throws Rejection `precondition.required` if `expected` is undefined, {@link StaleVersion} if the version differs
 */
export function assertVersion(version: number, expected: ExpectedVersion): void {
  if (expected === undefined) throw new Rejection(VersionRequired);
  if (expected !== 'any' && !expected.includes(version)) throw new StaleVersion(version);
}
