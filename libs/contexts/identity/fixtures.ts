import type { INestApplicationContext, Type } from '@nestjs/common';
import { Clock } from '@rookery/domain';
import { Transaction } from '@rookery/persistence';
import { SignIn } from './services/sign-in';
import { User } from './model/user';
import { Users } from './storage/users';

/** Creates an active account with a role and signs it in, without mail and code; it has no usable password. */
export function enroll(
  app: INestApplicationContext,
  { role, ...names }: { role: string; email: string; username: string; name: string },
): Promise<{ id: string; token: string }> {
  const get = <T>(type: Type<T>): T => app.get(type, { strict: false });
  return get(Transaction).run(async () => {
    const user = User.enroll({ ...names, passwordHash: '-' }, role, get(Clock).now());
    await get(Users).save(user);
    const { accessToken } = await get(SignIn).start(user, { ip: '127.0.0.1', userAgent: 'test' });
    return { id: user.id, token: accessToken };
  });
}
