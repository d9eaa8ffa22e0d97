import { Body, Controller, Delete, Param, Post } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { Commands } from '@rookery/application';
import { Audited } from '@rookery/audit';
import { NotFound, Rejection } from '@rookery/domain';
import { type Caller, CurrentCaller, Explain, Field, UuidParam } from '@rookery/web';
import type { Task } from '../../model/day-plan';
import { OverCapacity, TodoClosed, TooManyDays } from '../../model/rejections';
import { TodoAccess } from '../../services/todo-access';
import { DayPlans } from '../../storage/day-plans';
import { DateParam } from '../../views/day-plan';
import { TodoViews } from '../../views/todo';

class TaskCommit {
  @Field.uuid({ description: 'Id of a todo that is neither completed nor archived.' })
  todoId: string;

  @Field.date({ description: 'The day.', example: '2027-01-31' })
  date: string;

  @Field.integer({
    min: 1,
    max: 5,
    description: 'How much of the day the todo takes. A day has a capacity of 10.',
    example: 3,
  })
  cost: number;
}

@Audited('todos.commit-task')
export class CommitTask extends Command<void> {
  constructor(
    readonly userId: string,
    readonly date: string,
    readonly task: Task,
  ) {
    super();
  }
}

@Audited('todos.withdraw-task')
export class WithdrawTask extends Command<void> {
  constructor(
    readonly userId: string,
    readonly date: string,
    readonly todoId: string,
  ) {
    super();
  }
}

@ApiTags('Focus and schedule')
@Controller('schedule')
export class CommitTaskRoute {
  constructor(private readonly commands: Commands) {}

  @Post('commit')
  @Explain({
    operationId: 'commitTask',
    summary: 'Add a todo to the plan of a day',
    description:
      'Repeating the request with another cost changes the cost. Only you can see your plan. You can plan at most 4,000 days.',
    ok: { status: 204 },
    rejects: [NotFound, OverCapacity, TodoClosed, TooManyDays],
  })
  commit(@CurrentCaller() { userId }: Caller, @Body() { todoId, date, cost }: TaskCommit): Promise<void> {
    return this.commands.execute(new CommitTask(userId, date, { todoId, cost }));
  }

  @Delete(':date/todos/:id')
  @Explain({
    operationId: 'withdrawTask',
    summary: 'Remove a todo from the plan of a day',
    description: 'Frees the capacity that the todo takes on that day. The todo itself does not change.',
    ok: { status: 204 },
    rejects: [NotFound],
  })
  withdraw(
    @Param('date', DateParam) date: string,
    @UuidParam() id: string,
    @CurrentCaller() { userId }: Caller,
  ): Promise<void> {
    return this.commands.execute(new WithdrawTask(userId, date, id));
  }
}

@CommandHandler(CommitTask)
export class CommitTaskHandler implements ICommandHandler<CommitTask> {
  constructor(
    private readonly access: TodoAccess,
    private readonly plans: DayPlans,
    private readonly views: TodoViews,
  ) {}

  async execute({ userId, date, task }: CommitTask): Promise<void> {
    const todo = await this.access.lockReader(userId, task.todoId);
    if (!todo.open) throw new Rejection(TodoClosed);
    const plan = await this.plans.lockDay(userId, date);
    const workspaces = await this.access.workspacesOf(userId);
    const ids = plan.tasks.map(({ todoId }) => todoId);
    const there = await this.views.among(
      ids,
      workspaces.map(({ workspaceId }) => workspaceId),
    );
    if (plan.storedVersion === 0) await this.plans.lockRoom(userId);
    if (plan.commit(task, new Set(there.map(({ id }) => id)))) await this.plans.save(plan);
  }
}

@CommandHandler(WithdrawTask)
export class WithdrawTaskHandler implements ICommandHandler<WithdrawTask> {
  constructor(private readonly plans: DayPlans) {}

  async execute({ userId, date, todoId }: WithdrawTask): Promise<void> {
    const plan = await this.plans.lockDay(userId, date);
    if (!plan.withdraw(todoId)) throw new Rejection(NotFound);
    await this.plans.keep(plan);
  }
}
