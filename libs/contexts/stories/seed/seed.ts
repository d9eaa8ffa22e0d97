import { Injectable } from '@nestjs/common';
import type { Seed } from '@rookery/application';
import { Clock } from '@rookery/domain';
import { Sql, Transaction } from '@rookery/persistence';
import { Accounts, DEMO_PREFIX, demoAccounts } from '../../identity/contract';
import { Story, type StoryDraft } from '../model/story';
import { StorySettings } from '../settings';
import { People } from '../storage/people';
import { Stories } from '../storage/stories';

/** Maximum time between two stories in milliseconds, so that all stories are published within less than a day. */
const EVERY_MS = 20 * 60_000;

const TEXTS: readonly [text: string, visibility: StoryDraft['visibility']][] = [
  ['First light over the harbor.', 'public'],
  ['Forty swifts above the church tower!', 'public'],
  ['Coffee before anybody is up.', 'friends'],
  ['Found the old binoculars.', 'friends'],
  ['Rain all morning, so: soup.', 'public'],
  ['Which bird is this? Gray back, yellow belly.', 'public'],
  ['Note to self: charge the camera.', 'private'],
  ['The nest box has tenants.', 'friends'],
  ['Last tram home.', 'public'],
  ['Nobody told me the museum is free today.', 'public'],
  ['Trying the new lens.', 'friends'],
  ['Sunset, unedited.', 'public'],
];

/** Active stories of demo accounts. Creates new ones if those of an earlier run have expired. */
@Injectable()
export class SeedStories implements Seed {
  constructor(
    private readonly accounts: Accounts,
    private readonly clock: Clock,
    private readonly people: People,
    private readonly settings: StorySettings,
    private readonly sql: Sql,
    private readonly stories: Stories,
    private readonly transaction: Transaction,
  ) {}

  async run(): Promise<void> {
    await this.transaction.run(async () => {
      if (!(await this.lock()) || (await this.seeded())) return;
      const authors = (await demoAccounts(this.accounts)).slice(0, TEXTS.length);
      if (authors.length === 0) return;
      await this.people.ensure(...authors.map(({ id }) => id));
      const { ttlSeconds } = this.settings;
      const everyMs = Math.min(EVERY_MS, (ttlSeconds * 1_000) / (2 * TEXTS.length));
      for (const [number, [text, visibility]] of TEXTS.entries()) {
        const at = new Date(this.clock.now().getTime() - (TEXTS.length - number) * everyMs);
        const draft = { text, mediaKey: null, visibility, audience: null };
        const author = authors[number % authors.length]!;
        await this.stories.publish(Story.publish(author.id, draft, at, ttlSeconds), null);
      }
    });
  }

  /** @returns whether no other process is seeding */
  private async lock(): Promise<boolean> {
    const row = await this.sql.row<{ locked: boolean }>(
      `SELECT pg_try_advisory_xact_lock(hashtextextended('stories.seed', 0)) AS locked`,
    );
    return row!.locked;
  }

  private async seeded(): Promise<boolean> {
    const row = await this.sql.row(
      `SELECT 1 FROM stories.stories story JOIN stories.people author ON author.id = story.author_id
       WHERE starts_with(author.username, $1) AND story.ended_at IS NULL AND story.expires_at > now() LIMIT 1`,
      [DEMO_PREFIX],
    );
    return row !== undefined;
  }
}
