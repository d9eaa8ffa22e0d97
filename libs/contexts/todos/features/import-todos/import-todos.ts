import { setImmediate } from 'node:timers/promises';
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
import { MAX_ROWS } from '../../services/import-file';
import { type ImportState, type ReadRow, type RowOutcome, TodoImports } from '../../services/todo-imports';

/** Rows of one transaction. */
const BATCH_SIZE = 1_000;
const MAX_BYTES = 10_000_000;
const CSV = 'text/csv';
const CALENDAR = 'text/calendar';
const DEFAULT_TIME_ZONE = 'UTC';

const IMPORTS = defineRatePolicy('todos-import', {
  quota: '20/3600',
  per: ['account'],
  doc: 'Importing todos and previews of it, per user.',
});

class ImportQuery {
  @Field.boolean({ default: false, description: '`true`: changes nothing, and says what would change.' })
  dryRun = false;
}

@ApiSchema({ name: 'TodoImportError' })
class ImportErrorView {
  @Field.text({
    max: 100,
    min: 0,
    description: 'The field of the row; empty for the whole row.',
    example: 'dueDate',
  })
  path: string;

  @Field.text({
    max: 100,
    description: 'The rule that it violates, as in `errors` of a problem.',
    example: 'format',
  })
  code: string;

  @Field.json({ description: 'Parameters of the rule.' })
  params: Readonly<Record<string, unknown>>;

  @Field.text({ max: 1_000, description: 'A sentence for people.' })
  message: string;
}

const ACTIONS = ['created', 'updated', 'unchanged', 'refused'] as const;

@ApiSchema({ name: 'TodoImportRow' })
class ImportRowView {
  @Field.integer({
    min: 1,
    description: 'Place of the row or component in the file, from 1, without the header.',
    example: 7,
  })
  row: number;

  @Field.oneOf(ACTIONS, {
    name: 'TodoImportAction',
    description: 'What became of it, or would.',
    example: 'created',
  })
  action: RowOutcome['action'];

  @Field.uuid({
    optional: true,
    description: 'The todo; not there if the row is refused or only would create it.',
  })
  id?: string;

  @Field.list(Item.text({ max: 50 }), {
    max: 50,
    optional: true,
    description: 'Names of the fields that change.',
  })
  changed?: string[];

  @Field.list(Item.object(() => ImportErrorView), {
    max: 100,
    optional: true,
    description: 'Why it is refused.',
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

  @Field.integer({ description: 'Number of todos that are what the file says already.', example: 40 })
  unchanged: number;

  @Field.integer({ description: 'Number of refused rows, which change nothing.', example: 1 })
  refused: number;

  @Field.list(Item.object(() => ImportRowView), {
    max: MAX_ROWS,
    description: 'One for each row, in their order.',
  })
  rows: RowOutcome[];
}

@Audited<ImportTodos>('todos.import-todos', {
  record: ['count'],
  subject: ({ state }) => state.workspaceId,
})
export class ImportTodos extends Command<RowOutcome[]> {
  /** Rows, for the audit log. */
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
      'For owners and members. The body is a table (`text/csv`) with the columns of an export, of which only `title` must be there, or a calendar (`text/calendar`) with VTODO components; at most 10 MB and 10,000 rows. A row whose `id` or `UID` is that of a todo of the workspace, or was imported there before, changes that todo; any other makes a new one. Columns that are left out change nothing. With `dryRun=true` nothing changes. Rows are stored 1,000 at a time, refused ones not at all: after an error send the file again.',
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
    const { rows, refused } = this.imports.read(await file);
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
      workContext().waitBudget?.renew(); // a file as large as allowed takes longer than a request may wait
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
      await setImmediate(); // others may use the process
    }
    if (!dryRun) for (const { action } of outcomes) metrics.imported.inc({ action });
    return {
      dryRun,
      ...countsOf(outcomes),
      rows: outcomes.sort((one, other) => one.row - other.row),
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
