import type { Person, TestSystem } from '@rookery/testing';
import { type Given, ownerOnly, type Row, type Scene, type Standing } from '@rookery/testing/access';
import { block } from '../social/testing';
import type { Role } from './contract';

/** Creates a workspace. @returns its view */
export async function onboard(system: TestSystem, { token }: Person, draft: object = {}) {
  return (await system.ask('POST /v1/workspaces', { token, body: { name: 'Spring count', ...draft } })).body;
}

/** Creates a workspace of an owner with members. @returns its id */
export function gather(
  system: TestSystem,
  owner: Person,
  members: readonly (readonly [Person, Role])[] = [],
): Promise<string> {
  return system.fixture('workspaces.gather', {
    ownerId: owner.id,
    members: members.map(([{ id: userId }, role]) => ({ userId, role })),
  });
}

/** Creates a tag in a workspace. @returns its view */
export async function tag(
  system: TestSystem,
  { token }: Person,
  workspaceId: string,
  name = 'field work',
): Promise<{ id: string; name: string }> {
  return (await system.ask(`POST /v1/workspaces/${workspaceId}/tags`, { token, body: { name } })).body;
}

/** Invites an address or a user to a workspace. @returns the view of the invite */
export async function invite(
  system: TestSystem,
  { token }: Person,
  workspaceId: string,
  addressee: { email: string } | { userId: string },
  role: Role = 'member',
): Promise<{ id: string; email: string | null; userId: string | null }> {
  const body = { ...addressee, role };
  return (await system.ask(`POST /v1/workspaces/${workspaceId}/invites`, { token, body })).body;
}

/** Waits for the latest invite in a mailbox. @returns the token of its link */
export async function inviteToken(system: TestSystem, address: string): Promise<string> {
  const { text } = await system.inbox.latest(address, / invites you to join /);
  return /\/invites\?token=([\w-]+)/.exec(text)![1]!;
}

/** @returns the id of a user's personal workspace, which is created if it does not exist yet */
export async function personalOf(system: TestSystem, { token }: Person): Promise<string> {
  const { body } = await system.ask('GET /v1/workspaces?limit=100', { token });
  return (body.data as { id: string; personal: boolean }[]).find(({ personal }) => personal)!.id;
}

type Access = Omit<Row, 'given'> & { standings: Record<Standing, 'allowed' | 403 | 404> };

/** Rows of the access matrix for the content of a workspace. Users outside the workspace get 404. */
const outside = { former: 404, blocked: 404 } as const;
export const forMembers: Access = {
  ...ownerOnly,
  standings: { member: 'allowed', guest: 'allowed', ...outside },
};
export const forWriters: Access = { ...ownerOnly, standings: { member: 'allowed', guest: 403, ...outside } };
export const forOwners: Access = { ...ownerOnly, standings: { member: 403, guest: 403, ...outside } };

const blocked = new WeakSet<object>();

/** A workspace of the owner with the members of the scene, as `id` of the path. */
export async function sharedWorkspace({ system, people, standings }: Scene): Promise<Given> {
  const { member, guest, former } = standings;
  if (!blocked.has(standings)) {
    blocked.add(standings);
    await block(system, people.owner, standings.blocked);
  }
  const id = await system.fixture<string>('workspaces.gather', {
    ownerId: people.owner.id,
    members: [
      { userId: member.id, role: 'member' },
      { userId: guest.id, role: 'guest' },
      { userId: former.id, role: 'member', former: true },
    ],
  });
  return { path: { id } };
}
