import { parts } from './parts';

/** Stops what {@link parts} holds once nobody uses it any more. */
export default async function teardown(): Promise<void> {
  parts.users -= 1;
  if (parts.users === 0) await parts.stop?.();
}
