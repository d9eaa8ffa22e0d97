import { newId } from '@rookery/domain';
import { InviteRevoked, MemberInvited } from '../contract';
import { InviteAccepted } from '../events';
import { type Addressee, Invite, INVITE_DAYS } from './invite';

const NOW = new Date('2026-03-01T12:00:00Z');
const END = new Date(NOW.getTime() + INVITE_DAYS * 86_400_000);
const [workspaceId, invitedBy, userId] = [newId(), newId(), newId()];
const EMAIL = 'ada@example.com';

describe('An invite', () => {
  const send = (to: Addressee) =>
    Invite.send(workspaceId, to, 'member', invitedBy, (id) => Buffer.from(`hash of ${id}`), NOW);
  const byMail = () => send({ userId: null, email: EMAIL });
  const eventsOf = (invite: Invite) =>
    invite.takeEvents().map(({ definition, data }) => [definition.type, data]);

  it('raises an event without the address and the token', () => {
    const invite = byMail();
    expect(eventsOf(invite)).toEqual([[MemberInvited.type, { workspaceId, userId: null, role: 'member' }]]);
    expect(eventsOf(send({ userId, email: null }))).toEqual([
      [MemberInvited.type, { workspaceId, userId, role: 'member' }],
    ]);
    expect(invite.snapshot().tokenHash).toEqual(Buffer.from(`hash of ${invite.id}`));
  });

  it('is only for its addressee', () => {
    expect(byMail().isFor({ userId, email: EMAIL })).toBe(true);
    expect(byMail().isFor({ userId, email: 'eve@example.com' })).toBe(false);
    expect(send({ userId, email: null }).isFor({ userId, email: 'any@example.com' })).toBe(true);
    expect(send({ userId, email: null }).isFor({ userId: newId(), email: EMAIL })).toBe(false);
  });

  it('can be accepted once, until it expires', () => {
    const closed = expect.objectContaining({ code: 'workspaces.invite-closed' }) as Error;
    expect(() => byMail().accept(END)).toThrow(closed);
    const invite = byMail();
    eventsOf(invite);
    invite.accept(new Date(END.getTime() - 1));
    expect(eventsOf(invite)).toEqual([[InviteAccepted.type, { workspaceId }]]);
    expect(() => invite.accept(NOW)).toThrow(closed);
  });

  it('cannot be accepted after it was revoked', () => {
    const invite = byMail();
    eventsOf(invite);
    invite.revoke(NOW);
    expect(eventsOf(invite)).toEqual([[InviteRevoked.type, { workspaceId }]]);
    expect(invite.isOpen(NOW)).toBe(false);
    expect(() => invite.accept(NOW)).toThrow(expect.objectContaining({ code: 'workspaces.invite-closed' }));
  });
});
