import { Controller, Post } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { Commands } from '@rookery/application';
import { Audited } from '@rookery/audit';
import { Clock, NotFound, Rejection } from '@rookery/domain';
import { type Caller, CurrentCaller, Explain, UuidParam } from '@rookery/web';
import { FocusSession } from '../../model/focus-session';
import { FocusActive, FocusNotActive, TodoClosed } from '../../model/rejections';
import { TodoAccess } from '../../services/todo-access';
import { FocusSessions } from '../../storage/focus-sessions';

@Audited('todos.start-focus')
export class StartFocus extends Command<void> {
  constructor(
    readonly todoId: string,
    readonly userId: string,
  ) {
    super();
  }
}

@Audited('todos.stop-focus')
export class StopFocus extends Command<void> {
  constructor(
    readonly todoId: string,
    readonly userId: string,
  ) {
    super();
  }
}

@ApiTags('Focus and schedule')
@Controller('todos')
export class FocusTodoRoute {
  constructor(private readonly commands: Commands) {}

  @Post(':id/focus/start')
  @Explain({
    operationId: 'startFocus',
    summary: 'Focus on a todo',
    description:
      'Starts a focus session. You can focus on one todo at a time. Completing the todo ends your session. Your latest 1,000 sessions are kept.',
    ok: { status: 204 },
    rejects: [NotFound, FocusActive, TodoClosed],
  })
  start(@UuidParam() id: string, @CurrentCaller() { userId }: Caller): Promise<void> {
    return this.commands.execute(new StartFocus(id, userId));
  }

  @Post(':id/focus/stop')
  @Explain({
    operationId: 'stopFocus',
    summary: 'Stop focusing on a todo',
    description: 'Ends your focus session on this todo. Requires that you are focused on it.',
    ok: { status: 204 },
    rejects: [NotFound, FocusNotActive],
  })
  stop(@UuidParam() id: string, @CurrentCaller() { userId }: Caller): Promise<void> {
    return this.commands.execute(new StopFocus(id, userId));
  }
}

@CommandHandler(StartFocus)
export class StartFocusHandler implements ICommandHandler<StartFocus> {
  constructor(
    private readonly access: TodoAccess,
    private readonly clock: Clock,
    private readonly sessions: FocusSessions,
  ) {}

  /** Of two concurrent requests of a user, the second waits at the unique index. */
  async execute({ todoId, userId }: StartFocus): Promise<void> {
    const todo = await this.access.lockReader(userId, todoId);
    if (!todo.open) throw new Rejection(TodoClosed);
    await this.sessions.save(FocusSession.start(userId, todoId, todo.workspaceId, this.clock.now()));
    this.sessions.forgetOld(userId);
  }
}

@CommandHandler(StopFocus)
export class StopFocusHandler implements ICommandHandler<StopFocus> {
  constructor(
    private readonly access: TodoAccess,
    private readonly clock: Clock,
    private readonly sessions: FocusSessions,
  ) {}

  /** Also works for a todo that the user can no longer see. Otherwise they could never focus again. */
  async execute({ todoId, userId }: StopFocus): Promise<void> {
    if (await this.sessions.stopOn(todoId, userId, this.clock.now())) return;
    await this.access.lockReader(userId, todoId);
    throw new Rejection(FocusNotActive);
  }
}
