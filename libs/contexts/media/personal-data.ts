import { Injectable } from '@nestjs/common';
import type { ErasedCounts, ExportedPage, PersonalData } from '@rookery/application';
import { Outbox, pagesById } from '@rookery/persistence';
import { Links } from './storage/objects';
import { Uploads } from './storage/uploads';

const PAGE = 500;
/** Maximum uploads to erase per call: each takes a few statements. */
const UPLOADS_PER_PAGE = 200;

/** Columns of the schema with user ids that are handled here. */
export const KNOWN_COLUMNS: readonly string[] = ['uploads.owner_id'];

/** Personal data of this context: what a user has uploaded. */
@Injectable()
export class MediaPersonalData implements PersonalData {
  constructor(
    private readonly links: Links,
    private readonly outbox: Outbox,
    private readonly uploads: Uploads,
  ) {}

  /** The links expire like all others, so the user must download the files soon after the export. */
  async *export(userId: string): AsyncGenerator<ExportedPage> {
    for await (const rows of pagesById(PAGE, (after, limit) => this.uploads.ofOwner(userId, after, limit))) {
      const urls = await this.links.of(rows.map(({ mediaKey }) => mediaKey));
      yield ['uploads', rows.map((row) => ({ ...row, url: urls.get(row.mediaKey)?.url ?? null }))];
    }
  }

  /**
   * Deletes uploads even if they are in use: the contexts that use them are erased earlier. The worker removes the
   * objects.
   */
  async erase(userId: string, limit: number): Promise<ErasedCounts> {
    const ids = await this.uploads.lockOfOwner(userId, Math.min(limit, UPLOADS_PER_PAGE));
    await this.outbox.forget(...ids);
    await this.uploads.discard(ids, 'erased');
    return { uploads: ids.length };
  }
}
