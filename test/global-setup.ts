import startParts from '../libs/testing/global-setup';
import { build } from '../tools/support/build.mts';
import { step } from '../tools/support/steps.mts';

/** Compiles the apps, which these suites run as processes of their own, and starts what every suite needs. */
export default async function setup(): Promise<void> {
  await step('Build', build, (compiled) => (compiled ? undefined : '(up to date)'));
  await startParts();
}
