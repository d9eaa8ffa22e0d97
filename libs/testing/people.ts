import { Clock } from '@rookery/domain';
import { Transaction } from '@rookery/persistence';
import { SignIn } from '../contexts/identity/access/sign-in';
import { User } from '../contexts/identity/model/user';
import { Users } from '../contexts/identity/storage/users';
import type { TestSystem } from './system';

/** A password that the policy accepts. */
export const PASSWORD = 'correct horse battery';

let people = 0;

/** @returns the form of somebody who has not registered yet; fields of one's own win. */
export function newcomer(own: { email?: string; username?: string; password?: string; name?: string } = {}) {
  people += 1;
  return {
    email: `person${people}@example.com`,
    username: `person${people}`,
    password: PASSWORD,
    name: 'Some Person',
    ...own,
  };
}

/** Somebody who is signed in. */
export interface Person {
  id: string;
  email: string;
  /** Access token. */
  token: string;
}

/** Registers somebody and verifies the address with the code in the mail. */
export async function signUp(system: TestSystem, own: Parameters<typeof newcomer>[0] = {}): Promise<Person> {
  const form = newcomer(own);
  await system.ask('POST /v1/auth/register', { body: form });
  const { code } = await system.inbox.verification(form.email);
  const { body } = await system.ask('POST /v1/auth/verify', { body: { email: form.email, code } });
  return { id: body.user.id, email: form.email, token: body.accessToken };
}

/** Makes an active account with a role and signs it in, without mail and code; it has no password that works. */
export async function enrol(
  system: TestSystem,
  { role = 'user', ...own }: { role?: string } & Parameters<typeof newcomer>[0] = {},
): Promise<Person> {
  const { password: _password, ...names } = newcomer(own);
  return system.inApi(Transaction).run(async () => {
    const user = User.enrol({ ...names, passwordHash: '-' }, role, system.inApi(Clock).now());
    await system.inApi(Users).save(user);
    const { accessToken } = await system.inApi(SignIn).start(user, { ip: '127.0.0.1', userAgent: 'test' });
    return { id: user.id, email: names.email, token: accessToken };
  });
}
