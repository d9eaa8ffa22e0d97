import { Readable } from 'node:stream';
import { Controller, Get, Query as QueryString, Res, StreamableFile } from '@nestjs/common';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { Queries } from '@rookery/application';
import { NotFound, Rejection } from '@rookery/domain';
import type { RowStream } from '@rookery/persistence';
import {
  type Caller,
  CurrentCaller,
  defineRatePolicy,
  Explain,
  Field,
  RateLimit,
  UuidParam,
} from '@rookery/web';
import type { FastifyReply } from 'fastify';
import { TodoAccess } from '../../services/todo-access';
import { CALENDAR_BEGIN, CALENDAR_END, calendarTodo } from '../../views/calendar';
import { ExportRunning } from '../../model/rejections';
import type { TodoView } from '../../views/todo';
import { TodoLists } from '../../views/todo-lists';
import { CSV_HEADER, csvOf } from '../../views/todo-csv';

const EXPORTS = defineRatePolicy('todos-export', {
  quota: '20/60',
  per: ['account'],
  doc: 'Exports of the todos of a workspace, per account.',
});

const FORMATS = {
  csv: { type: 'text/csv; charset=utf-8', file: 'todos.csv' },
  ical: { type: 'text/calendar; charset=utf-8', file: 'todos.ics' },
} as const;
type Format = keyof typeof FORMATS;

class ExportQuery {
  @Field.oneOf(Object.keys(FORMATS), {
    default: 'csv',
    description: '`csv`: a table (RFC 4180). `ical`: a calendar with VTODO components (RFC 5545).',
  })
  format: Format = 'csv';
}

export class ExportTodos extends Query<Readable> {
  constructor(
    readonly workspaceId: string,
    readonly viewerId: string,
    readonly format: Format,
  ) {
    super();
  }
}

@ApiTags('Todos')
@Controller('workspaces')
export class ExportTodosRoute {
  constructor(private readonly queries: Queries) {}

  @Get(':id/todos/export')
  @RateLimit(EXPORTS)
  @Explain({
    operationId: 'exportTodos',
    summary: 'Export the todos of a workspace',
    description:
      'Returns all todos of the workspace, oldest first. Everybody in the workspace can do this. In CSV, a text that a spreadsheet would treat as a formula gets an apostrophe in front. You can run one export at a time for each process of the api. A response that is not read within a minute is cut off.',
    ok: {
      mediaType: ['text/csv', 'text/calendar'],
      headers: { 'Content-Disposition': 'Suggested file name.' },
    },
    rejects: [NotFound, ExportRunning],
  })
  async export(
    @UuidParam() id: string,
    @CurrentCaller() { userId }: Caller,
    @QueryString() { format }: ExportQuery,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<StreamableFile> {
    const { type, file } = FORMATS[format];
    const text = await this.queries.execute(new ExportTodos(id, userId, format));
    reply.header('content-disposition', `attachment; filename="${file}"`);
    return new StreamableFile(text, { type });
  }
}

@QueryHandler(ExportTodos)
export class ExportTodosHandler implements IQueryHandler<ExportTodos> {
  /** Users with a running export in this process. One for each user, so that nobody uses up all connections. */
  private readonly running = new Set<string>();

  constructor(
    private readonly access: TodoAccess,
    private readonly lists: TodoLists,
  ) {}

  async execute({ workspaceId, viewerId, format }: ExportTodos): Promise<Readable> {
    await this.access.assertCanRead(viewerId, workspaceId);
    if (this.running.has(viewerId)) throw new Rejection(ExportRunning);
    this.running.add(viewerId);
    try {
      const rows = await this.lists.stream(workspaceId);
      // Also if the client disconnects before the first byte, when the generator never starts.
      return Readable.from(textOf(rows, format), { objectMode: false }).once('close', () => {
        rows.close();
        this.running.delete(viewerId);
      });
    } catch (error) {
      this.running.delete(viewerId);
      throw error;
    }
  }
}

async function* textOf(rows: RowStream<TodoView>, format: Format): AsyncGenerator<string> {
  const zones = new Set<string>();
  yield format === 'csv' ? CSV_HEADER : CALENDAR_BEGIN;
  for await (const todos of rows.batches())
    yield format === 'csv' ? csvOf(todos) : todos.map((todo) => calendarTodo(todo, zones)).join('');
  if (format === 'ical') yield CALENDAR_END;
}
