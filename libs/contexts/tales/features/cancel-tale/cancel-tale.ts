import { Controller, Delete } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { Commands } from '@rookery/application';
import { Audited } from '@rookery/audit';
import { Clock, NotFound } from '@rookery/domain';
import { type Caller, CurrentCaller, Explain, UuidParam } from '@rookery/web';
import { NotActive } from '../../model/rejections';
import { Drafts } from '../../storage/drafts';
import { Tales } from '../../storage/tales';

@Audited('tales.cancel-tale')
export class CancelTale extends Command<void> {
  constructor(
    readonly taleId: string,
    readonly userId: string,
  ) {
    super();
  }
}

@ApiTags('Tales')
@Controller('tales')
export class CancelTaleRoute {
  constructor(private readonly commands: Commands) {}

  @Delete(':id')
  @Explain({
    operationId: 'cancelTale',
    summary: 'Cancel an unfinished story',
    description:
      'Generation stops within a second, and the text so far is deleted. Canceling a canceled story has no effect.',
    ok: { status: 204 },
    rejects: [NotFound, NotActive],
  })
  cancel(@UuidParam() id: string, @CurrentCaller() { userId }: Caller): Promise<void> {
    return this.commands.execute(new CancelTale(id, userId));
  }
}

@CommandHandler(CancelTale)
export class CancelTaleHandler implements ICommandHandler<CancelTale> {
  constructor(
    private readonly clock: Clock,
    private readonly drafts: Drafts,
    private readonly tales: Tales,
  ) {}

  async execute({ taleId, userId }: CancelTale): Promise<void> {
    const tale = await this.tales.getOwn(taleId, userId);
    if (!tale.cancel(this.clock.now())) return;
    this.drafts.close(taleId); // a worker that is generating the tale loses its claim
    await this.tales.save(tale);
  }
}
