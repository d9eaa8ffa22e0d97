import { runCompiled } from '../support/run-compiled.mts';

/** Migrates the database schema. */
export default function (args: string[]): Promise<number> {
  return runCompiled('dist/migrations/migrate.js', args);
}
