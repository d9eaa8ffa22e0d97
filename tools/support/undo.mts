type Undo = () => Promise<void> | void;

const pending: Undo[] = [];
let ending = false;
let undoing: Promise<void> = Promise.resolve();
// The terminal and npm may both forward the same Ctrl-C.
const SAME_KEYSTROKE = 500;

/**
 * Registers a cleanup for the end of the process. Later ones run first. If the process is already ending, the cleanup
 * runs at once: what was about to start when the signal came must not outlive it.
 */
export function atEnd(undo: Undo): void {
  pending.push(undo);
  if (ending) void undoAll();
}

/**
 * Runs every registered cleanup once. Failures are printed and do not prevent the others.
 *
 * @returns a promise that resolves when all earlier cleanups are done, including those of another call
 */
export function undoAll(): Promise<void> {
  ending = true;
  undoing = undoing.then(undoPending);
  return undoing;
}

async function undoPending(): Promise<void> {
  for (let undo = pending.pop(); undo; undo = pending.pop()) {
    try {
      await undo();
    } catch (error) {
      console.error((error as Error).message);
    }
  }
}

/**
 * Ends gracefully on Ctrl-C, SIGTERM and SIGHUP: every cleanup runs. A second Ctrl-C ends at once.
 *
 * @param options.exitCode of a graceful end; default 130
 * @param options.say called at the first signal
 */
export function endOnSignals(options: { exitCode?: number; say?: () => void } = {}): void {
  let first = 0;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (first === 0) {
        first = Date.now();
        options.say?.();
        void undoAll().then(() => process.exit(options.exitCode ?? 130));
      } else if (Date.now() - first > SAME_KEYSTROKE) {
        process.exit(130);
      }
    });
  }
  // A closed terminal must not prevent the rest from being stopped.
  process.stdout.on('error', () => undefined);
  process.stderr.on('error', () => undefined);
}
