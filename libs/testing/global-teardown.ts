import { parts } from './parts';

/** Stops the {@link parts} when no project uses them any more. */
export default async function teardown(): Promise<void> {
  parts.users -= 1;
  if (parts.users === 0) await parts.stop?.();
}
