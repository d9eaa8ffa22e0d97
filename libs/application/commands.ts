import { setTimeout } from 'node:timers/promises';
import { Injectable, Logger } from '@nestjs/common';
import { type Command, CommandBus } from '@nestjs/cqrs';
import { auditedAction, AuditTrail } from '@rookery/audit';
import { Rejection } from '@rookery/domain';
import { histogram, inSpan } from '@rookery/observability';
import { isDeadlock, Transaction } from '@rookery/persistence';
import { IdempotencyKeys } from './idempotency-keys';

const seconds = histogram({
  name: 'rookery_command_duration_seconds',
  help: 'Duration of commands in seconds, by outcome: done, rejected, failed.',
  labels: ['command', 'outcome'],
});

/** A deadlock is detected after a second, so more attempts would not fit into the time of a request. */
const ATTEMPTS = 3;
/** Without a pause, the next attempt can lock a row again before the transaction that waits for it does. */
const PAUSE_MS = 100;

/**
 * The only way to change something: span → idempotency → audit → transaction → handler. The effect, the record under an
 * idempotency key and the audit entry commit together; a rejection is recorded after the rollback. A command whose
 * effect is already recorded under the key does not run again, so there is no second entry. A command whose transaction
 * PostgreSQL aborts because of a deadlock runs again; each attempt has its audit entry.
 */
@Injectable()
export class Commands {
  private readonly log = new Logger(Commands.name);

  constructor(
    private readonly bus: CommandBus,
    private readonly audit: AuditTrail,
    private readonly keys: IdempotencyKeys,
    private readonly transaction: Transaction,
  ) {}

  /**
   * Runs a command's handler; inside another command, as part of its transaction.
   *
   * @returns what the handler returns, after the commit
   * @throws Rejection if a domain rule is violated; nothing is changed then
   */
  execute<Result>(command: Command<Result>): Promise<Result> {
    return this.measured(command, () =>
      inSpan(`command ${command.constructor.name}`, {}, () =>
        this.keys.once<Result>(stepsOf(command), (noted) =>
          this.withoutDeadlock(command, () =>
            this.audit.around<Result>(command, (recorded) =>
              this.transaction.run(async () => recorded(await noted(await this.bus.execute(command))), {
                byKey: true,
              }),
            ),
          ),
        ),
      ),
    );
  }

  /** A command inside another one cannot run again alone: their common transaction is over. */
  private async withoutDeadlock<Result>(command: object, attempt: () => Promise<Result>): Promise<Result> {
    if (this.transaction.active) return attempt();
    for (let number = 1; ; number += 1) {
      try {
        return await attempt();
      } catch (error) {
        if (number === ATTEMPTS || !isDeadlock(error)) throw error;
        this.log.warn(`${command.constructor.name} runs again: ${(error as Error).message}`);
        await setTimeout(PAUSE_MS);
      }
    }
  }

  private async measured<Result>(command: object, work: () => Promise<Result>): Promise<Result> {
    const end = seconds.startTimer({ command: command.constructor.name });
    try {
      const result = await work();
      end({ outcome: 'done' });
      return result;
    } catch (error) {
      end({ outcome: error instanceof Rejection ? 'rejected' : 'failed' });
      throw error;
    }
  }
}

/** Records from before commands had durable names contain the class name. They expire a day after the deployment. */
function stepsOf({ constructor }: object): string[] {
  const { name, formerly } = auditedAction(constructor);
  return [name, ...formerly, constructor.name];
}
