import { runApp } from '../support/run-app.mts';

/** One more worker process beside a running `npm start`. */
export default function (args: string[]): Promise<number> {
  return runApp('worker', args);
}
