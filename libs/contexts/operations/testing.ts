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

/** A delivery that failed permanently, stored without an aggregate; its subscriber does not exist. */
export async function failedDelivery({ system }: Pick<Scene, 'system'>): Promise<Given> {
  const [row] = await system.sql<{ id: string }>(
    `WITH event AS (
       INSERT INTO messaging.outbox (event_id, type, version, subject, sequence, shard, data, occurred_at, published_at)
       VALUES (gen_random_uuid(), 'suite.happened', 1, gen_random_uuid(), 1, 0, '{}', now(), now()) RETURNING *
     )
     INSERT INTO messaging.event_delivery (event_id, subscriber, queue, subject, sequence, ordered, state, attempts,
                                           last_error, finished_at)
     SELECT event_id, 'suite.nobody', 'mail', subject, 1, false, 'dead', 1, 'It failed.', now() FROM event
     RETURNING event_id || '-' || subscriber AS id`,
  );
  return { path: { queue: 'mail', id: row!.id } };
}
