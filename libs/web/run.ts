import type { INestApplicationContext } from '@nestjs/common';
import type { Logger } from '@rookery/observability';
import { Drain } from './drain';

/** Shutdown timing. */
export interface Ending {
  /** Milliseconds between becoming not ready and closing. */
  graceMs: number;
  /** Milliseconds from the signal until the process is terminated, even if it is still busy. */
  deadlineMs?: number;
  log: Pick<Logger, 'info' | 'fatal' | 'error'>;
  /** The process to listen to and to end; replaced in tests. */
  process?: Pick<NodeJS.Process, 'on' | 'exit'>;
}

/**
 * Graceful shutdown on SIGTERM or SIGINT: not ready, grace period, `app.close()`, exit 0. The deadline or a second
 * signal ends the process at once with 1. Uncaught errors are logged and start the same shutdown, with exit code 1.
 */
export function runUntilSignal(
  app: INestApplicationContext,
  { graceMs, deadlineMs = 30_000, log, process: self = process }: Ending,
): void {
  const drain = app.get(Drain, { strict: false });
  let ending = false;

  const end = async (graceForThis: number, code: number): Promise<void> => {
    ending = true;
    setTimeout(() => {
      log.fatal(`Not closed within ${deadlineMs} ms: exit.`);
      self.exit(1);
    }, deadlineMs).unref();
    drain.start();
    if (graceForThis > 0) await new Promise((resolve) => setTimeout(resolve, graceForThis));
    drain.close();
    try {
      await app.close();
      log.info('Closed.');
      self.exit(code);
    } catch (error) {
      log.error({ err: error }, 'Closing failed.');
      self.exit(1);
    }
  };

  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    self.on(signal, () => {
      if (ending) self.exit(1);
      else {
        log.info(`${signal}: closing.`);
        void end(graceMs, 0);
      }
    });
  }
  for (const failure of ['uncaughtException', 'unhandledRejection'] as const) {
    self.on(failure, (error: unknown) => {
      log.fatal({ err: error }, failure);
      if (!ending) void end(0, 1);
    });
  }
}

/**
 * @param error why a program cannot be created or started
 * @returns its message; for a missing provider a custom sentence, because the message of Nest refers to modules, which
 *   are generated here
 */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.constructor.name !== 'UnknownDependenciesException') return error.message;
  const { type, context } = error as Error & { type: unknown; context: { name: unknown } };
  const nameOf = (token: unknown) => (typeof token === 'function' ? token.name : String(token));
  const [, home = ''] = /available in the (\S+) module/.exec(error.message) ?? [];
  return `${nameOf(type)} needs ${nameOf(context.name)}, which ${home} does not provide: add it under "providers" in ${home}.context.ts. If it is a port of another context, add its implementation under "offers" in the declaration of that context.`;
}

/**
 * Reports why an app cannot start: to the log with the stack trace, and in one sentence as the last line for the
 * operator. The process exits with 1.
 *
 * @param app its name: `api`
 */
export function refuseToStart(app: string, error: unknown, log: Pick<Logger, 'fatal'>): void {
  const sentence = `The ${app} cannot start: ${reasonOf(error)}`;
  log.fatal({ err: error }, sentence);
  process.exitCode = 1;
  process.once('exit', () => process.stderr.write(`\n${sentence}\n`)); // after pending log lines
  setTimeout(() => process.exit(1), 1_000).unref();
}
