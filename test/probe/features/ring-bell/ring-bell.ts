import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { Audited } from '@rookery/audit';
import { Bell } from '../../model/bell';
import { Bells } from '../../storage/bells';

@Audited('probe.ring-bell')
export class RingBell extends Command<{ id: string }> {}

@CommandHandler(RingBell)
export class RingBellHandler implements ICommandHandler<RingBell> {
  constructor(private readonly bells: Bells) {}

  async execute(): Promise<{ id: string }> {
    const bell = Bell.ring();
    await this.bells.save(bell);
    return { id: bell.id };
  }
}
