import { defineRejection, Rejection } from './rejection';

/**
 * Which versions of something its caller has read before they change it; `any` is content with whatever there is, and
 * undefined says nothing.
 */
export type ExpectedVersion = readonly number[] | 'any' | undefined;

/** A change must say which version it changes. */
export const VersionRequired = defineRejection(
  'precondition.required',
  'invalid',
  'A change to this resource requires the version that it changes.',
  'Read the resource, and say which version that was.',
);

const Stale = defineRejection(
  'precondition.failed',
  'conflict',
  'The resource has changed since the version that was read.',
  'Read the resource again and repeat the change if it still makes sense.',
);

/** Somebody else has made another version of it. */
export class StaleVersion extends Rejection {
  /** @param version that there is now */
  constructor(readonly version: number) {
    super(Stale);
  }
}

/**
 * Call it once the resource is found and the caller may change it.
 *
 * @param version that the resource has now
 * @param expected what the caller has read
 * @throws Rejection `precondition.required` when nothing is expected, {@link StaleVersion} when it is another version
 */
export function assertVersion(version: number, expected: ExpectedVersion): void {
  if (expected === undefined) throw new Rejection(VersionRequired);
  if (expected !== 'any' && !expected.includes(version)) throw new StaleVersion(version);
}
