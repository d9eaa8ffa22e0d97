import { Injectable } from '@nestjs/common';
import type { Seed } from '@rookery/application';
import { Clock } from '@rookery/domain';
import { Sql, Transaction } from '@rookery/persistence';
import { type Account, Accounts, demoAccounts } from '../identity/contract';
import type { Role } from './contract';
import { Member } from './model/member';
import { Tag } from './model/tag';
import { Workspace } from './model/workspace';
import { Members } from './storage/members';
import { People } from './storage/people';
import { Tags } from './storage/tags';
import { Workspaces } from './storage/workspaces';

const DAY_MS = 86_400_000;
/** Number of members of each workspace besides the three demo accounts that visitors sign in with. */
const OTHERS = 6;

/** The shared workspaces, with their owners and the roles of the two other demo accounts. */
const WORKSPACES: readonly {
  name: string;
  description: string;
  owner: string;
  tags: string[];
  role: Role;
}[] = [
  {
    name: 'Spring count',
    description: 'Who counts what, and when.',
    owner: 'demo-user',
    tags: ['field work', 'urgent'],
    role: 'member',
  },
  {
    name: 'Nest boxes',
    description: 'Building, hanging and cleaning them.',
    owner: 'demo-moderator',
    tags: ['to build', 'to clean', 'wood'],
    role: 'guest',
  },
  {
    name: 'Club',
    description: 'Meetings, money, keys.',
    owner: 'demo-admin',
    tags: ['meeting'],
    role: 'owner',
  },
];

/** Seeds workspaces that the demo accounts share. All or nothing, and nothing if one of them already shares one. */
@Injectable()
export class SeedWorkspaces implements Seed {
  constructor(
    private readonly accounts: Accounts,
    private readonly clock: Clock,
    private readonly members: Members,
    private readonly people: People,
    private readonly sql: Sql,
    private readonly tags: Tags,
    private readonly transaction: Transaction,
    private readonly workspaces: Workspaces,
  ) {}

  async run(): Promise<void> {
    await this.transaction.run(async () => {
      const everybody = await demoAccounts(this.accounts);
      const owners = WORKSPACES.flatMap(
        ({ owner }) => everybody.find(({ username }) => username === owner) ?? [],
      );
      if (owners.length < WORKSPACES.length || !(await this.lock()) || (await this.seeded(owners))) return;
      const others = everybody.filter((account) => !owners.includes(account));
      const groups = WORKSPACES.map((_, index) => others.slice(index * OTHERS, (index + 1) * OTHERS));
      await this.people.ensure(...[...owners, ...groups.flat()].map(({ id }) => id));
      for (const [index, group] of groups.entries()) await this.open(index, owners, group);
    });
  }

  private async open(index: number, owners: readonly Account[], others: readonly Account[]): Promise<void> {
    const { name, description, tags, role } = WORKSPACES[index]!;
    const owner = owners[index]!;
    const since = new Date(this.clock.now().getTime() - (30 - index) * DAY_MS);
    const workspace = Workspace.onboard(owner.id, { name, description }, since);
    await this.workspaces.save(workspace);
    await this.members.save(Member.join(workspace.id, owner.id, 'owner', since));
    const visitors = owners.filter((account) => account !== owner);
    const joining = [
      ...visitors.map(({ id }) => [id, role] as const),
      ...others.map(({ id }) => [id, 'member'] as const),
    ];
    for (const [day, [userId, as]] of joining.entries()) {
      const joinedAt = new Date(since.getTime() + (day + 1) * DAY_MS);
      await this.members.add(Member.join(workspace.id, userId, as, joinedAt), OTHERS + WORKSPACES.length);
    }
    for (const tag of tags) await this.tags.save(Tag.create(workspace.id, tag, since));
  }

  /** @returns whether no other process is seeding; waiting for it would exceed the lock timeout */
  private async lock(): Promise<boolean> {
    const row = await this.sql.row<{ locked: boolean }>(
      `SELECT pg_try_advisory_xact_lock(hashtextextended('workspaces.seed', 0)) AS locked`,
    );
    return row!.locked;
  }

  private async seeded(owners: readonly Account[]): Promise<boolean> {
    const row = await this.sql.row(
      'SELECT 1 AS seeded FROM workspaces.workspaces WHERE created_by = ANY ($1) AND personal_of IS NULL LIMIT 1',
      [owners.map(({ id }) => id)],
    );
    return row !== undefined;
  }
}
