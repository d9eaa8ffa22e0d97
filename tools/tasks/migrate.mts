import { runCompiled } from '../support/run-compiled.mts';

/** Brings the database's schema up to date. */
export default function (args: string[]): Promise<number> {
  return runCompiled('dist/migrations/migrate.js', args);
}
