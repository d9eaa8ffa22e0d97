type Undo = () => Promise<void> | void;

const pending: Undo[] = [];
let ending = false;
let undoing: Promise<void> = Promise.resolve();
// The terminal and npm may each hand over one and the same Ctrl-C.
const SAME_KEYSTROKE = 500;

/**
 * Notes what has to be undone before the process ends. Later notes are undone first. Once the process is ending, a note
 * is undone at once: what was about to start when the signal came must not outlive it.
 */
export function atEnd(undo: Undo): void {
  pending.push(undo);
  if (ending) void undoAll();
}

/**
 * Undoes everything noted, each thing once. What fails is said and does not keep the rest from being undone.
 *
 * @returns when all that was noted before is undone, also what another call undoes
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
 * Ends in order at Ctrl-C, SIGTERM and SIGHUP: everything noted is undone. A second Ctrl-C ends at once.
 *
 * @param options.exitCode of an end in order; default 130
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
  // A terminal that has gone away must not keep the rest from being stopped.
  process.stdout.on('error', () => undefined);
  process.stderr.on('error', () => undefined);
}
