import { rm } from 'node:fs/promises';
import { parts } from './parts';

/** Stops what {@link parts} holds and removes its data. */
export default async function teardown(): Promise<void> {
  await parts.stop?.();
  if (parts.folder) await rm(parts.folder, { recursive: true, force: true });
}
