import { Readable } from 'node:stream';
import { Controller, Get, Header, StreamableFile } from '@nestjs/common';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { Queries } from '@rookery/application';
import { NotFound, Rejection } from '@rookery/domain';
import { Sql } from '@rookery/persistence';
import {
  type Caller,
  CurrentCaller,
  defineRatePolicy,
  Explain,
  Field,
  RateLimit,
  UuidParam,
} from '@rookery/web';
import { ExportExpired } from '../../model/rejections';
import { OperationsSettings } from '../../settings';

const PAGES = 10;

const DOWNLOAD = defineRatePolicy('export-download', {
  quota: '10/600',
  per: ['account'],
  doc: 'Downloads of exports of personal data, per account.',
});

interface PageRow {
  holder: string;
  section: string;
  number: number;
  rows: string;
}

class AccountExport {
  @Field.uuid({ description: 'Id of the user the data is about.' })
  userId: string;

  @Field.dateTime({ description: 'When the export was created.' })
  exportedAt: string;

  @Field.json({ description: 'Lists of records, by context and kind.' })
  data: Record<string, Record<string, object[]>>;
}

export class ReadExport extends Query<AsyncIterable<string>> {
  constructor(
    readonly userId: string,
    readonly operationId: string,
  ) {
    super();
  }
}

@ApiTags('Operations')
@Controller('operations')
export class ReadExportRoute {
  constructor(private readonly queries: Queries) {}

  @Get(':id/result')
  @RateLimit(DOWNLOAD)
  @Header('content-disposition', 'attachment; filename="rookery-export.json"')
  @Explain({
    operationId: 'getOperationResult',
    summary: 'Download an export',
    description: 'Returns all data about you, by context and kind.',
    ok: {
      type: AccountExport,
      headers: { 'Content-Disposition': 'Suggested file name.' },
    },
    rejects: [NotFound, ExportExpired],
  })
  async read(@UuidParam() id: string, @CurrentCaller() { userId }: Caller): Promise<StreamableFile> {
    const text = await this.queries.execute(new ReadExport(userId, id));
    return new StreamableFile(Readable.from(text, { objectMode: false }), {
      type: 'application/json; charset=utf-8',
    });
  }
}

@QueryHandler(ReadExport)
export class ReadExportHandler implements IQueryHandler<ReadExport> {
  constructor(
    private readonly settings: OperationsSettings,
    private readonly sql: Sql,
  ) {}

  async execute({ userId, operationId }: ReadExport): Promise<AsyncIterable<string>> {
    const row = await this.sql.row<{ at: Date; expired: boolean }>(
      `SELECT finished_at AS at, finished_at < now() - make_interval(secs => $3) AS expired FROM operations.operations
       WHERE id = $1 AND user_id = $2 AND kind = 'export' AND status = 'succeeded'`,
      [operationId, userId, this.settings.exportTtlSeconds],
    );
    if (!row) throw new Rejection(NotFound);
    if (row.expired) throw new Rejection(ExportExpired);
    return this.write(userId, operationId, row.at);
  }

  /** One JSON document, a few pages in memory at a time. */
  private async *write(userId: string, operationId: string, at: Date): AsyncGenerator<string> {
    yield `{"userId":${JSON.stringify(userId)},"exportedAt":${JSON.stringify(at)},"data":{`;
    let last: PageRow | undefined;
    let filled = false;
    for await (const page of this.pages(operationId)) {
      const rows = page.rows.slice(1, -1); // without the brackets of the list
      const sameHolder = page.holder === last?.holder;
      const sameSection = sameHolder && page.section === last?.section;
      if (!sameHolder) yield `${last ? ']},' : ''}${JSON.stringify(page.holder)}:{`;
      if (!sameSection) {
        yield `${sameHolder ? '],' : ''}${JSON.stringify(page.section)}:[`;
        filled = false;
      }
      if (rows !== '') yield `${filled ? ',' : ''}${rows}`;
      filled ||= rows !== '';
      last = page;
    }
    yield `${last ? ']}' : ''}}}`;
  }

  private async *pages(operationId: string): AsyncGenerator<PageRow> {
    for (let after: PageRow = { holder: '', section: '', number: 0, rows: '' }; ;) {
      const rows = await this.sql.rows<PageRow & Record<string, unknown>>(
        `SELECT holder, section, number, rows FROM operations.export_pages
         WHERE operation_id = $1 AND (holder, section, number) > ($2, $3, $4)
         ORDER BY holder, section, number LIMIT ${PAGES}`,
        [operationId, after.holder, after.section, after.number],
      );
      yield* rows;
      if (rows.length < PAGES) return;
      after = rows.at(-1)!;
    }
  }
}
