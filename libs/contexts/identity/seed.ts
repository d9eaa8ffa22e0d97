import { Injectable } from '@nestjs/common';
import type { Seed } from '@rookery/application';
import { Clock } from '@rookery/domain';
import { Sql, Transaction } from '@rookery/persistence';
import { Passwords } from './services/passwords';
import { type Role, User } from './model/user';
import { Users } from './storage/users';

const PASSWORD = 'Rookery-demo-1';
/** Before all demo data of other contexts. */
const REGISTERED_DAYS_AGO = 60;
const DAY_MS = 86_400_000;

const FIRST_NAMES =
  'Amara Anders Ayla Bao Beatriz Bruno Camille Chidi Clara Dario Divya Elena Emeka Esra Farid Fatou Felix Freya Gita Goran Hana Hugo Imani Ines Jonas Kaveh Kenji Laila Leon Lucia Maren Mateo Mina Nadia Niko Oluwa Oona Pablo Priya Quentin Rania Ravi Rosa Samir Signe Tariq Thea Umut Vera Yara'.split(
    ' ',
  );
const LAST_NAMES =
  'Adeyemi Ahmadi Arslan Bakker Banerjee Barros Castillo Chen Costa Dahl Diallo Dubois Eriksen Farah Ferrari Fischer Garcia Haddad Hansen Ito Ivanova Jansen Kaya Keller Khan Kimura Kowalski Laurent Lindholm Lopez Martins Mbeki Meyer Nakamura Ndiaye Nguyen Novak Okafor Olsen Park Patel Petrov Reyes Rossi Sato Silva Tanaka Virtanen Weber Yilmaz'.split(
    ' ',
  );
const PEOPLE = 100;
/** Accounts per transaction: a concurrent registration waits only for these. */
const BATCH = 20;

interface DemoAccount {
  email: string;
  username: string;
  name: string;
  role: Role;
}

/**
 * One account per role: `user@rookery.test`, `moderator@rookery.test`, `admin@rookery.test`; and a hundred other users.
 * All have the same password, and a username that begins with `demo-`.
 */
@Injectable()
export class SeedAccounts implements Seed {
  constructor(
    private readonly clock: Clock,
    private readonly passwords: Passwords,
    private readonly sql: Sql,
    private readonly transaction: Transaction,
    private readonly users: Users,
  ) {}

  async run(): Promise<void> {
    const missing = await this.missing([...accountsOfRoles(), ...accountsOfPeople()]);
    if (missing.length === 0) return;
    const passwordHash = await this.passwords.hash(PASSWORD); // one for all: hashing is slow on purpose
    const registeredAt = new Date(this.clock.now().getTime() - REGISTERED_DAYS_AGO * DAY_MS);
    while (missing.length > 0) {
      const batch = missing.splice(0, BATCH);
      await this.transaction.run(async () => {
        for (const account of batch) await this.enroll(account, passwordHash, registeredAt);
      });
    }
  }

  private async enroll({ role, ...names }: DemoAccount, passwordHash: string, now: Date): Promise<void> {
    await this.users.lockAddress(names.email);
    if (await this.users.find({ email: names.email })) return;
    await this.users.save(User.enroll({ ...names, passwordHash }, role, now));
  }

  private async missing(accounts: DemoAccount[]): Promise<DemoAccount[]> {
    const rows = await this.sql.rows<{ email: string }>(
      'SELECT email FROM identity.users WHERE email = ANY ($1)',
      [accounts.map(({ email }) => email)],
    );
    const there = new Set(rows.map(({ email }) => email));
    return accounts.filter(({ email }) => !there.has(email));
  }
}

function accountsOfRoles(): DemoAccount[] {
  return ['user', 'moderator', 'admin'].map((role) => ({
    email: `${role}@rookery.test`,
    username: `demo-${role}`,
    name: `Demo ${role}`,
    role,
  }));
}

/** The second user with a first name has the next last name. */
function accountsOfPeople(): DemoAccount[] {
  return Array.from({ length: PEOPLE }, (_, index) => {
    const first = FIRST_NAMES[index % FIRST_NAMES.length]!;
    const last = LAST_NAMES[(index * 7 + Math.floor(index / FIRST_NAMES.length)) % LAST_NAMES.length]!;
    return {
      email: `${first}.${last}@rookery.test`.toLowerCase(),
      username: `demo-${first}-${last}`.toLowerCase(),
      name: `${first} ${last}`,
      role: 'user',
    };
  });
}
