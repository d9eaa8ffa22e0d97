import { Injectable } from '@nestjs/common';
import type { Seed } from '@rookery/application';
import { Clock, newId } from '@rookery/domain';
import { Sql, Transaction } from '@rookery/persistence';
import { Accounts, demoAccounts } from '../identity/contract';
import type { Wish } from './model/tale';
import { countWords } from './model/text';
import { compose } from './services/embedded/compose';

const DAY_MS = 86_400_000;
/** Version of a tale that was requested, started and finished. */
const FINISHED_VERSION = 3;

const READERS = ['demo-user', 'demo-moderator', 'demo-admin'];
const WISHES: readonly Wish[] = [
  {
    prompt: 'A lighthouse keeper who finds a letter',
    interests: ['swifts', 'the sea'],
    tone: 'calm',
    length: 'short',
    language: 'en',
  },
  {
    prompt: null,
    interests: ['owls', 'night trains'],
    tone: 'adventurous',
    length: 'medium',
    language: 'en',
  },
  { prompt: null, interests: ['Mauersegler', 'Brot'], tone: 'funny', length: 'short', language: 'de' },
];

/**
 * A few tales for the demo accounts that visitors sign in with, always written by the grammar. They raise no events, so
 * no mail is sent. Accounts that already have a tale get none.
 */
@Injectable()
export class SeedTales implements Seed {
  constructor(
    private readonly accounts: Accounts,
    private readonly clock: Clock,
    private readonly sql: Sql,
    private readonly transaction: Transaction,
  ) {}

  async run(): Promise<void> {
    await this.transaction.run(async () => {
      if (!(await this.lock())) return;
      const readers = (await demoAccounts(this.accounts)).filter(({ username }) =>
        READERS.includes(username),
      );
      for (const { id } of readers) await this.write(id);
    });
  }

  private async write(userId: string): Promise<void> {
    if (await this.sql.row('SELECT 1 FROM tales.tales WHERE user_id = $1 LIMIT 1', [userId])) return;
    for (const [index, wish] of WISHES.entries()) {
      const id = newId();
      const { title, paragraphs } = compose({ ...wish, id });
      const content = paragraphs.join('\n\n');
      const at = new Date(this.clock.now().getTime() - (WISHES.length - index) * DAY_MS);
      await this.sql.execute(
        `INSERT INTO tales.tales (id, version, user_id, status, run, prompt, interests, tone, length, language,
           generator, title, content, words, created_at, requested_at, finished_at)
         VALUES ($1, $2, $3, 'ready', 1, $4, $5, $6, $7, $8, 'embedded', $9, $10, $11, $12, $12, $12)`,
        [
          id,
          FINISHED_VERSION,
          userId,
          wish.prompt,
          wish.interests,
          wish.tone,
          wish.length,
          wish.language,
          title,
          content,
          countWords(content),
          at,
        ],
      );
    }
  }

  /** @returns whether no other process is seeding; waiting for it would exceed the lock timeout */
  private async lock(): Promise<boolean> {
    const row = await this.sql.row<{ locked: boolean }>(
      `SELECT pg_try_advisory_xact_lock(hashtextextended('tales.seed', 0)) AS locked`,
    );
    return row!.locked;
  }
}
