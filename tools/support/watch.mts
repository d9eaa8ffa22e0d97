import { setTimeout as sleep } from 'node:timers/promises';
import { build, stateOfSources } from './build.mts';

const LOOK_EVERY = 500;

/**
 * Rebuilds whenever a source file changes, forever. A compile error is printed once and waits for the next change.
 *
 * @param options.built called after each build
 * @param options.look milliseconds between two checks of the files
 * @param options.state state of the sources, and `compile`, which builds them; replaced in tests
 */
export async function watch({
  built,
  look = LOOK_EVERY,
  state = stateOfSources,
  compile = build,
}: {
  built: () => Promise<void>;
  look?: number;
  state?: () => string;
  compile?: () => Promise<unknown>;
}): Promise<never> {
  for (let known = state(); ;) {
    await sleep(look, undefined, { ref: false });
    const present = state();
    if (present === known) continue;
    known = present;
    try {
      await compile();
      await built();
    } catch (error) {
      console.log(
        `! ${(error as Error).message}\n  The previous build keeps running. Waiting for the next change.`,
      );
    }
  }
}
