import { runApp } from '../support/run-app.mts';

/** One more api process beside a running `npm start`. */
export default function (args: string[]): Promise<number> {
  return runApp('api', args);
}
