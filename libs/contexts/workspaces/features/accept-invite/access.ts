import { enroll } from '@rookery/contexts/identity/testing';
import type { AccessRows } from '@rookery/testing/access';
import { forMembers, gather, invite } from '../../testing';

export const access: AccessRows = {
  acceptInvite: {
    ...forMembers,
    // Here the owner is whom the invite is for. Who is in the workspace besides makes no difference.
    standings: { member: 404, guest: 404, former: 404, blocked: 404 },
    given: async ({ system, people, standings }) => {
      const sender = await enroll(system);
      const id = await gather(system, sender, [
        [standings.member, 'member'],
        [standings.guest, 'guest'],
      ]);
      const { id: inviteId } = await invite(system, sender, id, { userId: people.owner.id });
      return { path: { token: await system.fixture<string>('workspaces.tokenOf', { inviteId }) } };
    },
  },
};
