import { Injectable } from '@nestjs/common';
import { type Command, CommandBus } from '@nestjs/cqrs';
import { auditedAction, AuditTrail } from '@rookery/audit';
import { Rejection } from '@rookery/domain';
import { histogram, inSpan } from '@rookery/observability';
import { Transaction } from '@rookery/persistence';
import { IdempotencyKeys } from './idempotency-keys';

const seconds = histogram({
  name: 'rookery_command_duration_seconds',
  help: 'Time a command took, by outcome: done, rejected, failed.',
  labels: ['command', 'outcome'],
});

/**
 * The one way to change something: span → idempotency → audit → transaction → handler. The effect, the note under an
 * idempotency key and the entry in the audit log commit together; a refusal is recorded after its rollback. What a key
 * already has an effect for does not run, so there is no second entry.
 */
@Injectable()
export class Commands {
  constructor(
    private readonly bus: CommandBus,
    private readonly audit: AuditTrail,
    private readonly keys: IdempotencyKeys,
    private readonly transaction: Transaction,
  ) {}

  /**
   * Runs a command's handler; inside another command, as part of that one's transaction.
   *
   * @returns what the handler returns, after the commit
   * @throws Rejection when a rule of the domain says no; nothing is changed then
   */
  execute<Result>(command: Command<Result>): Promise<Result> {
    return this.measured(command, () =>
      inSpan(`command ${command.constructor.name}`, {}, () =>
        this.keys.once<Result>(stepsOf(command), (noted) =>
          this.audit.around<Result>(command, (recorded) =>
            this.transaction.run(async () => recorded(await noted(await this.bus.execute(command)))),
          ),
        ),
      ),
    );
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

/** Notes of before commands had durable names bear the name of the class. They are gone a day after the deployment. */
function stepsOf({ constructor }: object): string[] {
  const { name, formerly } = auditedAction(constructor);
  return [name, ...formerly, constructor.name];
}
