import { Logger } from '@nestjs/common';
import { Clock, type EventOf, occurred } from '@rookery/domain';
import { type Handles, Schedule, type Scheduled, Subscriber } from '@rookery/messaging';
import { counter } from '@rookery/observability';
import { Outbox, Transaction } from '@rookery/persistence';
import { OrphanSweepContinued } from '../../events';
import { isImage } from '../../model/media-types';
import { objects } from '../../queues';
import { Bucket, StorageRefused } from '../../storage/bucket';
import { QUARANTINE, VERIFIED } from '../../storage/objects';
import { type KnownUpload, Uploads } from '../../storage/uploads';

const BATCH_SIZE = 250;
const DAY_MS = 86_400_000;
/** Maximum objects removed per request. */
const CONCURRENCY = 16;
const UUID =
  /^(?:uploads|media)\/([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})(?:\/[a-z.]+)?$/;

const removed = counter({
  name: 'rookery_media_orphans_removed_total',
  help: 'Objects in the storage that were removed because no upload needed them.',
});

/**
 * Searches the bucket every night for objects that no upload needs: left by concurrent verifications or dead
 * deliveries.
 */
@Schedule('media.begin-orphan-sweep', { cron: '30 3 * * *' })
export class BeginOrphanSweep implements Scheduled {
  constructor(
    private readonly clock: Clock,
    private readonly outbox: Outbox,
  ) {}

  async run(): Promise<void> {
    const olderThan = new Date(this.clock.now().getTime() - DAY_MS).toISOString();
    await this.outbox.append(
      ([QUARANTINE, VERIFIED] as const).map((prefix) =>
        occurred(OrphanSweepContinued, { prefix, after: '', olderThan }),
      ),
    );
  }
}

/** Searches a page of the bucket, outside of any transaction, and schedules the next one. */
@Subscriber('media.remove-orphans', OrphanSweepContinued, { queue: objects })
export class RemoveOrphans implements Handles<typeof OrphanSweepContinued> {
  private readonly log = new Logger(RemoveOrphans.name);

  constructor(
    private readonly bucket: Bucket,
    private readonly outbox: Outbox,
    private readonly transaction: Transaction,
    private readonly uploads: Uploads,
  ) {}

  async handle({ data }: EventOf<typeof OrphanSweepContinued>): Promise<void> {
    if (!this.bucket.configured) return;
    const { prefix, after, olderThan } = data;
    const { objects: page, more } = await this.bucket.list(prefix, after, BATCH_SIZE);
    const old = page.filter(({ modifiedAt }) => modifiedAt < new Date(olderThan));
    // Objects with keys of another form were not stored by this application.
    const found = old.flatMap(({ key }) => {
      const id = UUID.exec(key)?.[1];
      return id === undefined ? [] : [{ key, id }];
    });
    const known = await this.uploads.known(prefix === QUARANTINE ? 'id' : 'object_id', [
      ...new Set(found.map(({ id }) => id)),
    ]);
    const orphans = found.filter(({ key, id }) => !isNeeded(key, known.get(id))).map(({ key }) => key);
    for (let start = 0; start < orphans.length; start += CONCURRENCY)
      await this.remove(orphans.slice(start, start + CONCURRENCY));
    if (!more) return;
    const next = { ...data, after: page.at(-1)!.key };
    await this.transaction.run(() => this.outbox.append([occurred(OrphanSweepContinued, next)]));
  }

  /** An object that the storage refuses to remove, such as a locked one, does not stop the sweep. */
  private async remove(keys: readonly string[]): Promise<void> {
    const outcomes = await Promise.allSettled(keys.map((key) => this.bucket.remove(key)));
    for (const [index, outcome] of outcomes.entries()) {
      if (outcome.status === 'fulfilled') removed.inc();
      else if (outcome.reason instanceof StorageRefused)
        this.log.warn(`${keys[index]} cannot be removed. ${outcome.reason.message}`);
      else throw outcome.reason;
    }
  }
}

/**
 * The original file of an image is needed until its sizes are created or have failed. No objects of a rejected upload
 * are needed.
 */
function isNeeded(key: string, upload: KnownUpload | undefined): boolean {
  if (!upload) return false;
  if (key.startsWith(QUARANTINE)) return upload.status === 'pending';
  if (!isImage(upload.contentType) || upload.status === 'processing') return true;
  return upload.status === 'ready' && !key.endsWith('/original');
}
