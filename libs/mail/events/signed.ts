import { timingSafeEqual } from 'node:crypto';

/** Milliseconds between the time in a signature and ours. */
const TOLERANCE_MS = 600_000;

/** @returns whether a time of a signature is near enough that the report is not a repeated one */
export function isRecent(at: number, now: Date): boolean {
  return Math.abs(now.getTime() - at) <= TOLERANCE_MS;
}

/** @returns whether two byte sequences are the same, in a time that does not tell where they differ */
export function isSame(a: Buffer, b: Buffer): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}

/** @returns the value of a header that may be there once */
export function headerOf(
  headers: Readonly<Record<string, string | string[] | undefined>>,
  name: string,
): string {
  const value = headers[name];
  return typeof value === 'string' ? value : '';
}
