import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { runBenches } from '../support/bench.mts';

/** Runs every benchmark in `bench`. */
export default function (args: string[]): Promise<number> {
  const names = existsSync('bench') ? readdirSync('bench').filter((name) => name.endsWith('.bench.mts')) : [];
  if (names.length === 0) throw new Error('There is no bench/*.bench.mts.');
  return runBenches(
    names.sort().map((name) => join('bench', name)),
    args,
  );
}
