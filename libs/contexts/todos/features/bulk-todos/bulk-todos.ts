import { Body, Controller, Post, Req } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ApiSchema, ApiTags } from '@nestjs/swagger';
import { Commands } from '@rookery/application';
import { Audited } from '@rookery/audit';
import { Clock, type ExpectedVersion } from '@rookery/domain';
import { workContext } from '@rookery/observability';
import {
  type Caller,
  CurrentCaller,
  defineRatePolicy,
  Explain,
  Field,
  Item,
  type Problem,
  problemOf,
  problemOfError,
  RateLimit,
} from '@rookery/web';
import type { FastifyRequest } from 'fastify';
import { Completion } from '../../services/completion';
import { TodoAccess } from '../../services/todo-access';
import { Todos } from '../../storage/todos';

/** Each operation is a separate command with its own transaction. */
const BULK = defineRatePolicy('todos-bulk', {
  quota: '30/60',
  per: ['account'],
  doc: 'Bulk changes to todos, per account.',
});

const MAX_OPERATIONS = 100;
const ACTIONS = ['complete', 'reopen', 'archive', 'delete'] as const;
type Action = (typeof ACTIONS)[number];

class TodoOperation {
  @Field.oneOf(ACTIONS, { name: 'TodoAction', description: 'What to do with the todo.', example: 'complete' })
  action: Action;

  @Field.uuid({ description: 'Id of the todo.' })
  id: string;

  @Field.integer({
    min: 1,
    optional: true,
    description: 'Expected version of the todo. If it is left out, any version is changed.',
  })
  version?: number;
}

@ApiSchema({ name: 'TodoBulkRequest' })
class BulkRequest {
  @Field.list(Item.object(() => TodoOperation), {
    min: 1,
    max: MAX_OPERATIONS,
    description: 'Operations. They run one after the other, each in its own transaction.',
  })
  operations: TodoOperation[];
}

@ApiSchema({ name: 'TodoBulkResult' })
class BulkResult {
  @Field.uuid({ description: 'Id of the todo.' })
  id: string;

  @Field.integer({
    description: 'The HTTP status that a request for this todo alone would return.',
    example: 200,
  })
  status: number;

  @Field.json({ optional: true, description: 'The problem, if the operation was refused.' })
  problem?: Problem;
}

@ApiSchema({ name: 'TodoBulkResults' })
class BulkResults {
  @Field.list(Item.object(() => BulkResult), {
    max: MAX_OPERATIONS,
    description: 'Results, one for each operation, in the same order.',
  })
  results: BulkResult[];
}

@Audited<ChangeTodoInBulk>('todos.change-todo-in-bulk', { record: ['action'] })
export class ChangeTodoInBulk extends Command<void> {
  constructor(
    readonly action: Action,
    readonly todoId: string,
    readonly actorId: string,
    readonly expectedVersion: ExpectedVersion,
  ) {
    super();
  }
}

@ApiTags('Todos')
@Controller('todos')
export class BulkTodosRoute {
  constructor(private readonly commands: Commands) {}

  @Post('bulk')
  @RateLimit(BULK)
  @Explain({
    operationId: 'bulkTodos',
    summary: 'Complete, reopen, archive or delete several todos',
    description:
      'Each operation runs in its own transaction. A refused operation does not undo the others. The results give the outcome of each operation. Before the day of its due date, a recurring todo cannot be completed.',
    ok: { status: 207, type: BulkResults, description: 'The outcome of each operation.' },
  })
  async bulk(
    @CurrentCaller() { userId }: Caller,
    @Body() { operations }: BulkRequest,
    @Req() request: FastifyRequest,
  ): Promise<BulkResults> {
    const results: BulkResult[] = [];
    for (const { action, id, version } of operations) {
      const expected = version === undefined ? 'any' : [version];
      workContext().waitBudget?.renew(); // each operation gets the wait budget of one request
      results.push(await this.one(new ChangeTodoInBulk(action, id, userId, expected), request));
    }
    return { results };
  }

  /** An error that is not a refusal, such as a database outage, fails the whole request. It can be repeated. */
  private async one(command: ChangeTodoInBulk, request: FastifyRequest): Promise<BulkResult> {
    const { todoId: id, action } = command;
    try {
      await this.commands.execute(command);
      return { id, status: action === 'delete' ? 204 : 200 };
    } catch (error) {
      const { definition, options, unexpected } = problemOfError(error);
      if (unexpected || definition.status >= 500) throw error;
      const asked = { url: request.url, traceparent: workContext().traceparent };
      return { id, status: definition.status, problem: problemOf(definition, asked, options) };
    }
  }
}

@CommandHandler(ChangeTodoInBulk)
export class ChangeTodoInBulkHandler implements ICommandHandler<ChangeTodoInBulk> {
  constructor(
    private readonly access: TodoAccess,
    private readonly clock: Clock,
    private readonly completion: Completion,
    private readonly todos: Todos,
  ) {}

  async execute({ action, todoId, actorId, expectedVersion }: ChangeTodoInBulk): Promise<void> {
    const todo = await this.access.lockTodo(actorId, todoId, expectedVersion);
    const now = this.clock.now();
    const actions: Record<Action, () => Promise<unknown>> = {
      complete: () => this.completion.complete(todo, actorId),
      reopen: () => {
        todo.reopen(now);
        return this.todos.save(todo);
      },
      archive: async () => todo.archive(now) && (await this.todos.save(todo)),
      delete: () => this.todos.delete(todo),
    };
    await actions[action]();
  }
}
