import { newId } from '@rookery/domain';
import { MemberAdded, MemberRemoved, MemberRoleChanged, type Role } from '../contract';
import { Member, verifyOwner, verifyWriter } from './member';

const [workspaceId, userId] = [newId(), newId()];

describe('A member', () => {
  const member = (role: Role) => {
    const joined = Member.join(workspaceId, userId, role, new Date());
    expect(eventsOf(joined)).toEqual([[MemberAdded.type, { workspaceId, userId, role }]]);
    return joined;
  };
  const eventsOf = (of: Member) => of.takeEvents().map(({ definition, data }) => [definition.type, data]);
  const lastOwner = expect.objectContaining({ code: 'workspaces.last-owner' }) as Error;

  it('gets another role', () => {
    const guest = member('guest');
    expect(guest.changeRole('owner', 0)).toBe(true);
    expect(eventsOf(guest)).toEqual([
      [MemberRoleChanged.type, { workspaceId, userId, role: 'owner', previous: 'guest' }],
    ]);
    expect(guest.changeRole('owner', 0)).toBe(false);
    expect(eventsOf(guest)).toEqual([]);
  });

  it.each(['left', 'removed'] as const)('has %s', (reason) => {
    for (const [role, otherOwners] of [
      ['owner', 1],
      ['member', 0],
      ['guest', 0],
    ] as const) {
      const leaving = member(role);
      leaving.leave(reason, otherOwners);
      expect(eventsOf(leaving)).toEqual([[MemberRemoved.type, { workspaceId, userId, reason }]]);
    }
  });

  it('stays an owner if there is no other', () => {
    const owner = member('owner');
    expect(() => owner.leave('left', 0)).toThrow(lastOwner);
    expect(() => owner.changeRole('member', 0)).toThrow(lastOwner);
    expect(eventsOf(owner)).toEqual([]);
    expect(owner.changeRole('member', 1)).toBe(true);
  });

  it('is removed with the account, also as the last owner', () => {
    const owner = member('owner');
    owner.erase();
    expect(eventsOf(owner)).toEqual([[MemberRemoved.type, { workspaceId, userId, reason: 'erased' }]]);
  });
});

describe('A role', () => {
  const permits = (verify: (role: Role) => void, role: Role): boolean => {
    try {
      verify(role);
      return true;
    } catch (error) {
      expect(error).toMatchObject({ code: 'auth.forbidden' });
      return false;
    }
  };

  it.each<[Role, boolean, boolean]>([
    ['owner', true, true],
    ['member', false, true],
    ['guest', false, false],
  ])('of %s can manage: %s, can write: %s', (role, decides, writes) => {
    expect([permits(verifyOwner, role), permits(verifyWriter, role)]).toEqual([decides, writes]);
  });
});
