import { Injectable } from '@nestjs/common';
import type { Seed } from '@rookery/application';
import { Clock } from '@rookery/domain';
import { Sql, Transaction } from '@rookery/persistence';
import { Accounts, demoAccounts } from '../identity/contract';
import { Memberships } from '../workspaces/contract';
import { NO_CONTENT, Todo, type TodoContent } from './model/todo';
import { Todos } from './storage/todos';

const DAY_MS = 86_400_000;
/** The accounts that visitors sign in with. */
const VISITORS = ['demo-user', 'demo-moderator', 'demo-admin'];

type Draft = Partial<Omit<TodoContent, 'dueDate'>> & { title: string; dueInDays?: number; done?: true };

/** Due dates are long past or at least two days ahead, so that demo data sends no mail. */
const SHARED: readonly Draft[] = [
  { title: 'Agree on the squares', priority: 'high', dueInDays: 3 },
  { title: 'Count the swifts', dueInDays: 7, description: 'At dusk, from the church tower.', difficulty: 3 },
  { title: 'Bring the telescope back', dueInDays: -12, color: '#b45309' },
  { title: 'Write to the landowners', priority: 'high', dueInDays: 14 },
  { title: 'Order more forms', priority: 'low', done: true },
  { title: 'Enter the counts of last year', done: true, difficulty: 5 },
  { title: 'Ask who drives', priority: 'low' },
];
const PERSONAL: readonly Draft[] = [
  { title: 'Clean the binoculars', dueInDays: 2 },
  { title: 'Fill the feeder', dueInDays: 4, recurrence: 'FREQ=WEEKLY', timeZone: 'UTC' },
  { title: 'Read about moult', priority: 'low' },
  { title: 'Renew the membership', priority: 'high', dueInDays: 30 },
];

/** Seeds todos in the workspaces of the demo accounts. All or nothing, and nothing if one of them has todos. */
@Injectable()
export class SeedTodos implements Seed {
  constructor(
    private readonly accounts: Accounts,
    private readonly clock: Clock,
    private readonly memberships: Memberships,
    private readonly sql: Sql,
    private readonly todos: Todos,
    private readonly transaction: Transaction,
  ) {}

  async run(): Promise<void> {
    await this.transaction.run(async () => {
      const visitors = await this.visitors();
      if (visitors.length < VISITORS.length || !(await this.lock()) || (await this.seeded(visitors))) return;
      const filled = new Set<string>();
      for (const userId of visitors) await this.todos.saveAll(await this.todosOf(userId, filled));
    });
  }

  private async visitors(): Promise<string[]> {
    const all = await demoAccounts(this.accounts);
    return all.filter(({ username }) => VISITORS.includes(username)).map(({ id }) => id);
  }

  /** @param filled workspaces that were already given todos: some workspaces have several owners */
  private async todosOf(userId: string, filled: Set<string>): Promise<Todo[]> {
    const personal = await this.memberships.personalOf(userId);
    const all = PERSONAL.map((draft) => this.create(personal, userId, draft));
    for (const { workspaceId, role } of await this.memberships.workspacesOf(userId)) {
      if (role !== 'owner' || workspaceId === personal || filled.has(workspaceId)) continue;
      filled.add(workspaceId);
      const members = (await this.memberships.membersOf(workspaceId)).filter((each) => each.role !== 'guest');
      all.push(
        ...SHARED.map((draft, index) =>
          this.create(workspaceId, userId, { ...draft, assigneeId: members[index % members.length]!.userId }),
        ),
      );
    }
    return all;
  }

  private create(workspaceId: string, authorId: string, { dueInDays, done, ...draft }: Draft): Todo {
    const now = this.clock.now();
    const dueDate = dueInDays === undefined ? null : new Date(now.getTime() + dueInDays * DAY_MS);
    const status = done ? 'COMPLETED' : 'PENDING';
    return Todo.create({ workspaceId, authorId, status }, { ...NO_CONTENT, ...draft, dueDate }, now);
  }

  /** @returns whether no other process is seeding; waiting for it would exceed the lock timeout */
  private async lock(): Promise<boolean> {
    const row = await this.sql.row<{ locked: boolean }>(
      `SELECT pg_try_advisory_xact_lock(hashtextextended('todos.seed', 0)) AS locked`,
    );
    return row!.locked;
  }

  private async seeded(userIds: readonly string[]): Promise<boolean> {
    const row = await this.sql.row('SELECT 1 FROM todos.todos WHERE author_id = ANY ($1::uuid[]) LIMIT 1', [
      userIds,
    ]);
    return row !== undefined;
  }
}
