import { Injectable } from '@nestjs/common';
import type { Seed } from '@rookery/application';
import { Clock } from '@rookery/domain';
import { Transaction } from '@rookery/persistence';
import { Passwords } from './access/passwords';
import { type Role, User } from './model/user';
import { Users } from './storage/users';

const PASSWORD = 'Rookery-demo-1';

/** One account per role: `user@rookery.test`, `moderator@rookery.test`, `admin@rookery.test`. */
@Injectable()
export class SeedAccounts implements Seed {
  constructor(
    private readonly clock: Clock,
    private readonly passwords: Passwords,
    private readonly transaction: Transaction,
    private readonly users: Users,
  ) {}

  async run(): Promise<void> {
    for (const role of ['user', 'moderator', 'admin'] satisfies Role[]) {
      const passwordHash = await this.passwords.hash(PASSWORD);
      await this.transaction.run(async () => {
        const email = `${role}@rookery.test`;
        await this.users.lockAddress(email);
        if (await this.users.find({ email })) return;
        const name = `Demo ${role}`;
        const username = `demo-${role}`;
        await this.users.save(User.enrol({ email, username, name, passwordHash }, role, this.clock.now()));
      });
    }
  }
}
