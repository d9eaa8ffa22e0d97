import { eventually } from '@rookery/testing';
import type { Given, Scene } from '@rookery/testing/access';

/** A finished export of the owner, so that there is a result. */
export async function ownExport({ system, people }: Scene): Promise<Given> {
  const { token } = people.owner;
  const { body } = await system.ask('POST /v1/me/exports', { token });
  await eventually(
    async () => (await system.ask(`GET /v1/operations/${body.id}`, { token })).body.status === 'succeeded',
  );
  return { path: { id: body.id } };
}
