import { type AccessRows, type Given, ownerOnly, type Scene } from '@rookery/testing/access';

export const access: AccessRows = {
  revokeApiKey: { ...ownerOnly, given: ownApiKey },
};

async function ownApiKey({ system, people }: Scene): Promise<Given> {
  const body = { name: 'a program', scopes: ['read'] };
  const created = await system.ask('POST /v1/me/api-keys', { token: people.owner.token, body });
  return { path: { id: created.body.id } };
}
