import type { INestApplicationContext, Type } from '@nestjs/common';
import { Clock } from '@rookery/domain';
import { Transaction } from '@rookery/persistence';
import type { Role } from './contract';
import { Member } from './model/member';
import { Workspace } from './model/workspace';
import { InviteSecrets } from './services/invite-secrets';
import { Members } from './storage/members';
import { People } from './storage/people';
import { Workspaces } from './storage/workspaces';

/** Creates a workspace with its members; a `former` member was added and removed. @returns its id */
export function gather(
  app: INestApplicationContext,
  { ownerId, members }: { ownerId: string; members: { userId: string; role: Role; former?: boolean }[] },
): Promise<string> {
  const get = <T>(type: Type<T>): T => app.get(type, { strict: false });
  return get(Transaction).run(async () => {
    const now = get(Clock).now();
    await get(People).ensure(ownerId, ...members.map(({ userId }) => userId));
    const workspace = Workspace.onboard(ownerId, { name: 'Spring count', description: null }, now);
    await get(Workspaces).save(workspace);
    await get(Members).save(Member.join(workspace.id, ownerId, 'owner', now));
    for (const { userId, role, former } of members) {
      await get(Members).add(Member.join(workspace.id, userId, role, now), 10_000);
      if (!former) continue;
      const member = await get(Members).of(workspace.id, userId);
      member.leave('removed', 1);
      await get(Members).remove(member);
    }
    return workspace.id;
  });
}

/** @returns the token of an invite, without waiting for the mail */
export async function tokenOf(
  app: INestApplicationContext,
  { inviteId }: { inviteId: string },
): Promise<string> {
  return app.get(InviteSecrets, { strict: false }).tokenOf(inviteId);
}
