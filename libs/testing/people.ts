import { randomBytes } from 'node:crypto';
import type { TestSystem } from './system';

/** A password that the policy accepts. */
export const PASSWORD = 'correct horse battery';

/** Somebody who is signed in. */
export interface Person {
  id: string;
  email: string;
  /** Access token. */
  token: string;
}

/** @returns the form of somebody who has not registered yet, whom no suite has met; fields of one's own win. */
export function newcomer(own: { email?: string; username?: string; password?: string; name?: string } = {}) {
  const name = `person${randomBytes(6).toString('hex')}`;
  return { email: `${name}@example.com`, username: name, password: PASSWORD, name: 'Some Person', ...own };
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
  const { email, username, name } = newcomer(own);
  const { id, token } = await system.fixture<{ id: string; token: string }>('identity.enrol', {
    role,
    email,
    username,
    name,
  });
  return { id, email, token };
}
