import { Injectable } from '@nestjs/common';
import { type Command, CommandBus } from '@nestjs/cqrs';
import { AuditTrail } from '@rookery/audit';
import { Rejection } from '@rookery/domain';
import { histogram, inSpan } from '@rookery/observability';
import { IdempotencyKeys } from '@rookery/persistence';

const seconds = histogram({
  name: 'rookery_command_duration_seconds',
  help: 'Time a command took, by outcome: done, rejected, failed.',
  labels: ['command', 'outcome'],
});

/**
 * The one way to change something: each command runs in one transaction and one span, is audited and counted. Its
 * effect, the note under an idempotency key and the entry in the audit log commit together. What a key already has an
 * effect for does not run, so there is no second entry.
 */
@Injectable()
export class Commands {
  constructor(
    private readonly bus: CommandBus,
    private readonly audit: AuditTrail,
    private readonly keys: IdempotencyKeys,
  ) {}

  /**
   * Runs a command's handler; inside another command, as part of that one's transaction.
   *
   * @returns what the handler returns, after the commit
   * @throws Rejection when a rule of the domain says no; nothing is changed then
   */
  async execute<Result>(command: Command<Result>): Promise<Result> {
    const name = command.constructor.name;
    const end = seconds.startTimer({ command: name });
    try {
      const result = await inSpan(`command ${name}`, {}, () =>
        this.keys.once<Result>(name, (note) =>
          this.audit.around(command, async () => note(await this.bus.execute(command))),
        ),
      );
      end({ outcome: 'done' });
      return result;
    } catch (error) {
      end({ outcome: error instanceof Rejection ? 'rejected' : 'failed' });
      throw error;
    }
  }
}
