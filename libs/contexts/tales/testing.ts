import { eventually, type Person, type TestSystem } from '@rookery/testing';
import type { Given, Scene } from '@rookery/testing/access';

/** Requests a tale, short and about cats unless said otherwise. @returns its id */
export async function requestTale(system: TestSystem, { token }: Person, wish: object = {}): Promise<string> {
  const body = { interests: ['cats'], length: 'short', ...wish };
  const answer = await system.ask('POST /v1/tales', { token, body });
  if (answer.status !== 202) throw new Error(`Not requested: ${JSON.stringify(answer.body)}`);
  return answer.body.id as string;
}

/** @returns a tale as its reader sees it */
export async function readTale(system: TestSystem, { token }: Person, id: string) {
  return (await system.ask(`GET /v1/tales/${id}`, { token })).body;
}

/** Waits until a tale has a status. @returns the tale */
export function taleIs(system: TestSystem, person: Person, id: string, status: string) {
  return eventually(async () => {
    const tale = await readTale(system, person, id);
    if (tale.status !== status)
      throw new Error(`The tale is ${tale.status}: ${JSON.stringify(tale.failure)}`);
    return tale;
  });
}

/** @returns the mails with stories to a user */
export async function storyMails(system: TestSystem, { email }: Person) {
  return (await system.inbox.of(email)).filter(({ subject }) => subject.startsWith('Your story is ready'));
}

/** Waits until all deliveries of a tale's events have succeeded or permanently failed. */
export async function settled(system: TestSystem, id: string): Promise<void> {
  await eventually(async () => {
    const open = await system.sql(
      `SELECT 1 FROM messaging.outbox o LEFT JOIN messaging.event_delivery d USING (event_id)
       WHERE o.subject = $1 AND (o.published_at IS NULL OR d.state = 'pending')`,
      [id],
    );
    return open.length === 0;
  });
}

/** A failed tale of the owner that no worker has processed. */
export async function ownTale({ system, people }: Scene): Promise<Given> {
  const [tale] = await system.sql<{ id: string }>(
    `INSERT INTO tales.tales (id, version, user_id, status, run, interests, tone, length, language, failure,
                              created_at, requested_at, finished_at)
     VALUES (gen_random_uuid(), 1, $1, 'failed', 1, '{cats}', 'calm', 'short', 'en', 'internal', now(), now(), now())
     RETURNING id`,
    [people.owner.id],
  );
  return { path: { id: tale!.id } };
}
