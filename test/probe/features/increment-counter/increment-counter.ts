import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { Commands } from '@rookery/application';
import { Audited } from '@rookery/audit';
import { Conflict } from '@rookery/domain';
import { Explain, Field, Public, UuidParam } from '@rookery/web';
import { Counter } from '../../model/counter';
import { Counters } from '../../storage/counters';

class Increment {
  @Field.uuid({ description: 'Tells one attempt from another.' })
  commandId: string;
}

@Audited('probe.increment-counter')
export class IncrementCounter extends Command<void> {
  constructor(
    readonly counterId: string,
    readonly commandId: string,
  ) {
    super();
  }
}

@ApiTags('Probe')
@Controller('probe/counters')
export class IncrementCounterRoute {
  constructor(private readonly commands: Commands) {}

  @Public()
  @Post(':id/increments')
  @HttpCode(204)
  @Explain({
    operationId: 'incrementCounter',
    summary: 'Count one command',
    ok: { status: 204 },
    rejects: [Conflict],
  })
  increment(@UuidParam() id: string, @Body() { commandId }: Increment): Promise<void> {
    return this.commands.execute(new IncrementCounter(id, commandId));
  }
}

@CommandHandler(IncrementCounter)
export class IncrementCounterHandler implements ICommandHandler<IncrementCounter> {
  constructor(private readonly counters: Counters) {}

  async execute({ counterId, commandId }: IncrementCounter): Promise<void> {
    const counter = (await this.counters.find({ id: counterId })) ?? Counter.create(counterId);
    counter.increment(commandId);
    await this.counters.save(counter);
  }
}
