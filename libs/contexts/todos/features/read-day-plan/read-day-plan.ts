import { Controller, Get, Param } from '@nestjs/common';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { Queries } from '@rookery/application';
import { NotFound } from '@rookery/domain';
import { type Caller, CurrentCaller, Explain } from '@rookery/web';
import { CAPACITY, costOf } from '../../model/day-plan';
import { TodoAccess } from '../../services/todo-access';
import { DateParam, DayPlanView, DayPlanViews } from '../../views/day-plan';
import { TodoViews } from '../../views/todo';

export class ReadDayPlan extends Query<DayPlanView> {
  constructor(
    readonly userId: string,
    readonly date: string,
  ) {
    super();
  }
}

@ApiTags('Focus and schedule')
@Controller('schedule')
export class ReadDayPlanRoute {
  constructor(private readonly queries: Queries) {}

  @Get(':date')
  @Explain({
    operationId: 'getDayPlan',
    summary: 'Read the plan of a day',
    description: 'Returns an empty plan if you have not planned anything for that day.',
    ok: { type: DayPlanView },
    rejects: [NotFound],
  })
  read(@Param('date', DateParam) date: string, @CurrentCaller() { userId }: Caller): Promise<DayPlanView> {
    return this.queries.execute(new ReadDayPlan(userId, date));
  }
}

@QueryHandler(ReadDayPlan)
export class ReadDayPlanHandler implements IQueryHandler<ReadDayPlan> {
  constructor(
    private readonly access: TodoAccess,
    private readonly plans: DayPlanViews,
    private readonly todos: TodoViews,
  ) {}

  async execute({ userId, date }: ReadDayPlan): Promise<DayPlanView> {
    const [planned, workspaces] = await Promise.all([
      this.plans.tasksOf(userId, date),
      this.access.workspacesOf(userId),
    ]);
    const todos = await this.todos.among(
      planned.map(({ todoId }) => todoId),
      workspaces.map(({ workspaceId }) => workspaceId),
    );
    const byId = new Map(todos.map((todo) => [todo.id, todo]));
    const tasks = planned.flatMap(({ todoId, cost }) => {
      const todo = byId.get(todoId);
      return todo ? [{ cost, todo }] : [];
    });
    return { date, capacity: CAPACITY, used: costOf(tasks), tasks };
  }
}
