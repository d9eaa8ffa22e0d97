import { Injectable } from '@nestjs/common';
import { type Command, CommandBus } from '@nestjs/cqrs';
import { Rejection } from '@rookery/domain';
import { histogram, inSpan } from '@rookery/observability';
import { Transaction } from '@rookery/persistence';

const seconds = histogram({
  name: 'rookery_command_duration_seconds',
  help: 'Time a command took, by outcome: done, rejected, failed.',
  labels: ['command', 'outcome'],
});

/** The one way to change something: each command runs in one transaction and one span, and is counted. */
@Injectable()
export class Commands {
  constructor(
    private readonly bus: CommandBus,
    private readonly transaction: Transaction,
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
        this.transaction.run(() => this.bus.execute(command)),
      );
      end({ outcome: 'done' });
      return result;
    } catch (error) {
      end({ outcome: error instanceof Rejection ? 'rejected' : 'failed' });
      throw error;
    }
  }
}
