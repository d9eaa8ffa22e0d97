import { verifyActor } from './actor';

const author = '01890000-0000-7000-8000-000000000001';
const other = '01890000-0000-7000-8000-000000000002';
const forbidden = expect.objectContaining({ code: 'auth.forbidden', kind: 'forbidden' });

describe('The content of a user', () => {
  const edit = (userId: string, ...permissions: string[]) =>
    verifyActor({ userId, permissions: new Set(permissions) }, author, 'posts:update:any');

  it('is changed by its author, whatever the permissions', () => {
    expect(() => edit(author)).not.toThrow();
  });

  it('can be changed by users with the permission for all content', () => {
    expect(() => edit(other, 'posts:update:any')).not.toThrow();
  });

  it('is changed by nobody else, other permissions or not', () => {
    expect(() => edit(other)).toThrow(forbidden);
    expect(() => edit(other, 'posts:delete:any', 'comments:update:any')).toThrow(forbidden);
  });
});
