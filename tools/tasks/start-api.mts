import { runApp } from '../support/run-app.mts';

/** Starts an additional api process next to a running `npm start`. */
export default function (args: string[]): Promise<number> {
  return runApp('api', args);
}
