import test from './test.mts';

/** Crashes processes and parts under load. CHAOS_COMMANDS and the like reach the tests through the environment. */
export default function (args: string[]): Promise<number> {
  return test(['--selectProjects', 'e2e', '--runInBand', ...args, 'test/chaos']);
}
