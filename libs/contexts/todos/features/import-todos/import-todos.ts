import { Controller, Post, Query as QueryString, Req } from '@nestjs/common';
import {
  Command,
  CommandHandler,
  type ICommandHandler,
  type IQueryHandler,
  Query,
  QueryHandler,
} from '@nestjs/cqrs';
import { ApiSchema, ApiTags } from '@nestjs/swagger';
import { Commands, Queries } from '@rookery/application';
import { Audited } from '@rookery/audit';
import { type FieldError, NotFound } from '@rookery/domain';
import { workContext } from '@rookery/observability';
import {
  type Caller,
  CurrentCaller,
  defineRatePolicy,
  Explain,
  Field,
  Item,
  MAX_ERRORS,
  mediaTypeOf,
  RateLimit,
  streamedText,
  StreamedTextBody,
  UuidParam,
} from '@rookery/web';
import type { FastifyRequest } from 'fastify';
import { Recipients } from '../../../identity/contract';
import { Memberships } from '../../../workspaces/contract';
import { metrics } from '../../metrics';
import { assertWriter, TodoAccess } from '../../services/todo-access';
import { readCalendar } from '../../services/import-calendar';
import { readCsv } from '../../services/import-csv';
import { MAX_ROWS, nextTurn } from '../../services/import-file';
import { ErrorLimit, type ReadRow, type RowOutcome } from '../../services/import-rows';
import { type ImportState, TodoImports } from '../../services/todo-imports';

/** Rows in one transaction. */
const BATCH_SIZE = 1_000;
const MAX_BYTES = 10_000_000;
const CSV = 'text/csv';
const CALENDAR = 'text/calendar';
const DEFAULT_TIME_ZONE = 'UTC';

const IMPORTS = defineRatePolicy('todos-import', {
  quota: '20/3600',
  per: ['account'],
  doc: 'Imports of todos and their previews, per user.',
});

class ImportQuery {
  @Field.boolean({
    default: false,
    description: '`true`: nothing is stored, and the response says what would change.',
  })
  dryRun = false;
}

@ApiSchema({ name: 'TodoImportError' })
class ImportErrorView {
  @Field.text({
    max: 100,
    min: 0,
    description: 'Field of the row; empty for the whole row.',
    example: 'dueDate',
  })
  path: string;

  @Field.text({
    max: 100,
    description: 'The violated rule, as in `errors` of a problem.',
    example: 'format',
  })
  code: string;

  @Field.json({ description: 'Parameters of the rule.' })
  params: Readonly<Record<string, unknown>>;

  @Field.text({ max: 1_000, description: 'Human-readable message.' })
  message: string;
}

const ACTIONS = ['created', 'updated', 'unchanged', 'refused'] as const;

@ApiSchema({ name: 'TodoImportRow' })
class ImportRowView {
  @Field.integer({
    min: 1,
    description: 'Position of the row or component in the file, starting at 1. The header does not count.',
    example: 7,
  })
  row: number;

  @Field.oneOf(ACTIONS, {
    name: 'TodoImportAction',
    description: 'The outcome for this row. In a preview, the outcome that it would have.',
    example: 'created',
  })
  action: RowOutcome['action'];

  @Field.uuid({
    optional: true,
    description:
      'Id of the todo. Absent if the row is refused, or if this is a preview and the row would create a todo.',
  })
  id?: string;

  @Field.list(Item.text({ max: 50 }), {
    max: 50,
    optional: true,
    description: 'Names of the changed fields.',
  })
  changed?: string[];

  @Field.list(Item.object(() => ImportErrorView), {
    max: MAX_ERRORS,
    optional: true,
    description:
      'Why the row is refused. The response lists the first 100 errors of the file, so later rows have fewer or none.',
  })
  errors?: readonly FieldError[];
}

@ApiSchema({ name: 'TodoImport' })
class ImportView {
  @Field.boolean({ description: 'Whether this is a preview.' })
  dryRun: boolean;

  @Field.integer({ description: 'Number of new todos.', example: 12 })
  created: number;

  @Field.integer({ description: 'Number of changed todos.', example: 3 })
  updated: number;

  @Field.integer({ description: 'Number of todos that already match the file.', example: 40 })
  unchanged: number;

  @Field.integer({ description: 'Number of refused rows. They change nothing.', example: 1 })
  refused: number;

  @Field.integer({
    description: 'Number of errors that `rows` does not list, because it lists the first 100 of the file.',
    example: 0,
  })
  errorsOmitted: number;

  @Field.list(Item.object(() => ImportRowView), {
    max: MAX_ROWS,
    description: 'Outcomes, one for each row, in the order of the file.',
  })
  rows: RowOutcome[];
}

@Audited<ImportTodos>('todos.import-todos', {
  record: ['count'],
  subject: ({ state }) => state.workspaceId,
})
export class ImportTodos extends Command<RowOutcome[]> {
  /** Number of rows, for the audit log. */
  readonly count: number;

  constructor(
    readonly state: ImportState,
    readonly rows: readonly ReadRow[],
    readonly missingTags: readonly string[],
  ) {
    super();
    this.count = rows.length;
  }
}

export class PreviewImport extends Query<RowOutcome[]> {
  constructor(
    readonly state: ImportState,
    readonly rows: readonly ReadRow[],
  ) {
    super();
  }
}

@ApiTags('Todos')
@Controller('workspaces')
export class ImportTodosRoute {
  constructor(
    private readonly access: TodoAccess,
    private readonly commands: Commands,
    private readonly imports: TodoImports,
    private readonly queries: Queries,
    private readonly recipients: Recipients,
  ) {}

  @Post(':id/todos/import')
  @StreamedTextBody({ mediaTypes: [CSV, CALENDAR], maxBytes: MAX_BYTES })
  @RateLimit(IMPORTS)
  @Explain({
    operationId: 'importTodos',
    summary: 'Import todos into a workspace',
    description:
      'Requires the `owner` or `member` role in the workspace. The body is a table (`text/csv`) with the columns of an export, of which only `title` is required, or a calendar (`text/calendar`) with VTODO components, in UTF-8. It can have at most 10 MB and 10,000 rows. A row whose `id` or `UID` belongs to a todo of the workspace, or was imported into it before, updates that todo. Any other row creates a todo. Columns that are left out change nothing. With `dryRun=true` nothing is stored. Rows are stored in batches of 1,000, without the refused ones; the response lists the first 100 errors of the file. After an error, send the file again.',
    ok: { type: ImportView },
    rejects: [NotFound, { code: 'workspaces.too-many-tags' }],
  })
  async import(
    @UuidParam() id: string,
    @CurrentCaller() { userId }: Caller,
    @QueryString() { dryRun }: ImportQuery,
    @Req() request: FastifyRequest,
  ): Promise<ImportView> {
    await this.access.assertCanWriteIn(userId, id); // before the file is read
    const [user] = await this.recipients.find([userId]);
    const timeZone = user?.timeZone ?? DEFAULT_TIME_ZONE;
    const text = streamedText(request);
    const file = mediaTypeOf(request) === CALENDAR ? readCalendar(text, timeZone) : readCsv(text);
    const { rows, refused, errorsOmitted } = await this.imports.read(await file);
    const state = {
      workspaceId: id,
      actorId: userId,
      timeZone,
      known: new Map(),
      named: new Set<string>(),
      children: new Map(),
      searches: 0,
      tags: undefined,
      room: undefined,
    };
    const outcomes = refused;
    for (let at = 0; at < rows.length; at += BATCH_SIZE) {
      workContext().waitBudget?.renew(); // a file of the maximum size takes longer than the wait budget of a request
      const {
        admitted,
        missing,
        refused: crowded,
      } = await this.imports.admitTags(state, rows.slice(at, at + BATCH_SIZE));
      outcomes.push(...crowded);
      outcomes.push(
        ...(dryRun
          ? await this.queries.execute(new PreviewImport(state, admitted))
          : await this.commands.execute(new ImportTodos(state, admitted, missing))),
      );
      await nextTurn();
    }
    if (!dryRun) for (const { action } of outcomes) metrics.imported.inc({ action });
    const limit = new ErrorLimit();
    const inOrder = outcomes
      .sort((one, other) => one.row - other.row)
      .map((outcome) => (outcome.errors ? { ...outcome, errors: limit.keep(outcome.errors) } : outcome));
    return {
      dryRun,
      ...countsOf(inOrder),
      errorsOmitted: errorsOmitted + limit.omitted,
      rows: inOrder,
    };
  }
}

@CommandHandler(ImportTodos)
export class ImportTodosHandler implements ICommandHandler<ImportTodos> {
  constructor(
    private readonly imports: TodoImports,
    private readonly memberships: Memberships,
  ) {}

  async execute({ state, rows, missingTags }: ImportTodos): Promise<RowOutcome[]> {
    const { workspaceId, actorId } = state;
    if (missingTags.length > 0) await this.memberships.createTags(actorId, workspaceId, missingTags);
    const assignees = rows.map(({ values }) => values.assigneeId ?? actorId);
    const roles = await this.memberships.lockRoles([...new Set([actorId, ...assignees])], workspaceId);
    assertWriter(roles.get(actorId) ?? null);
    return this.imports.apply(state, rows, roles);
  }
}

@QueryHandler(PreviewImport)
export class PreviewImportHandler implements IQueryHandler<PreviewImport> {
  constructor(private readonly imports: TodoImports) {}

  execute({ state, rows }: PreviewImport): Promise<RowOutcome[]> {
    return this.imports.preview(state, rows);
  }
}

function countsOf(outcomes: readonly RowOutcome[]): Record<RowOutcome['action'], number> {
  const counts = { created: 0, updated: 0, unchanged: 0, refused: 0 };
  for (const { action } of outcomes) counts[action] += 1;
  return counts;
}
