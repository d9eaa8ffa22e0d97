import { enroll } from '@rookery/contexts/identity/testing';
import type { AccessRows } from '@rookery/testing/access';
import { forMembers, gather, invite } from '../../testing';

export const access: AccessRows = {
  acceptInvite: {
    ...forMembers,
    // The invite is for the owner of the scene. Other members of the workspace have no access to it.
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
