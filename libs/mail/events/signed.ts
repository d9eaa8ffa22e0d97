import { timingSafeEqual } from 'node:crypto';

/** Maximum milliseconds between the time in a signature and the current time. */
const TOLERANCE_MS = 600_000;

/** @returns whether the time of a signature is recent enough, so that the report is not a replay */
export function isRecent(at: number, now: Date): boolean {
  return Math.abs(now.getTime() - at) <= TOLERANCE_MS;
}

/** @returns whether two byte sequences are equal, compared in constant time */
export function isSame(a: Buffer, b: Buffer): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}

/** @returns the value of a header that can occur once */
export function headerOf(
  headers: Readonly<Record<string, string | string[] | undefined>>,
  name: string,
): string {
  const value = headers[name];
  return typeof value === 'string' ? value : '';
}
