import type { INestApplicationContext } from '@nestjs/common';
import { Command } from '@nestjs/cqrs';
import { Audited, AuditTrail } from '@rookery/audit';
import { Transaction } from '@rookery/persistence';

/** A program that an operator has run on the command line. */
@Audited<ProgramRun>('platform.run-program', { record: ['program', 'args'] })
class ProgramRun extends Command<unknown> {
  constructor(
    readonly program: string,
    readonly args: string,
  ) {
    super();
  }
}

/**
 * Records in the audit log that a program was run, and whether it succeeded.
 *
 * @param app provides the audit log
 * @param program name of its npm script
 * @param args of the command line
 * @param work may open transactions of its own
 * @returns what `work` returns
 */
export function auditProgram<T>(
  app: INestApplicationContext,
  program: string,
  args: readonly string[],
  work: () => Promise<T>,
): Promise<T> {
  const transaction = app.get(Transaction, { strict: false });
  return app
    .get(AuditTrail, { strict: false })
    .around(new ProgramRun(program, args.join(' ')), async (recorded: (result: T) => T) => {
      const result = await work();
      return transaction.run(async () => recorded(result));
    });
}
