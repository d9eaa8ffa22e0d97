import { build } from '../support/build.mts';
import { step } from '../support/steps.mts';
import { endOnSignals } from '../support/undo.mts';

/** Compiles both apps to `dist`. */
export default async function (): Promise<void> {
  endOnSignals();
  await step('Build', build, (compiled) => (compiled ? undefined : '(up to date)'));
}
