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
