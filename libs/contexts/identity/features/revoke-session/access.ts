import type { Person } from '@rookery/testing';
import { type AccessRows, ownerOnly } from '@rookery/testing/access';

export const access: AccessRows = {
  revokeSession: { ...ownerOnly, given: ({ people }) => ({ path: { id: sessionOf(people.owner) } }) },
};

function sessionOf({ token }: Person): string {
  const payload = Buffer.from(token.split('.')[1]!, 'base64url').toString('utf8');
  return (JSON.parse(payload) as { sid: string }).sid;
}
