import { eventually, type Person, type TestSystem } from '@rookery/testing';
import type { Scene } from '@rookery/testing/access';

/** Publishes a story, public by default. @returns its view */
export async function publishStory(system: TestSystem, { token }: Person, draft: object = {}) {
  const body = { text: 'The swifts are back!', visibility: 'public', ...draft };
  const answer = await system.ask('POST /v1/stories', { token, body });
  if (answer.status !== 201) throw new Error(`No story: ${JSON.stringify(answer.body)}`);
  return answer.body;
}

/** Creates a highlight. @returns its view */
export async function highlight(system: TestSystem, { token }: Person, storyIds: string[], name = 'Summer') {
  return (await system.ask('POST /v1/highlights', { token, body: { name, storyIds } })).body;
}

/** Lets a user follow another. */
export async function follow(system: TestSystem, { token }: Person, { id }: Person): Promise<void> {
  await system.ask(`PUT /v1/users/${id}/follow`, { token });
}

/** Makes some stories expire now, by the clock of the database. */
export async function endDay(system: TestSystem, ...storyIds: string[]): Promise<void> {
  await system.sql(`UPDATE stories.stories SET expires_at = now() WHERE id = ANY ($1::uuid[])`, [storyIds]);
}

/** Runs the expiry of stories, and waits until it has processed a story. */
export async function sweep(system: TestSystem, storyId: string): Promise<void> {
  await system.runSchedule('stories.expire-stories');
  await eventually(async () => {
    const ended = await system.sql('SELECT FROM stories.stories WHERE id = $1 AND ended_at IS NOT NULL', [
      storyId,
    ]);
    return ended.length === 1;
  });
}

/** A public story of the owner. */
export async function ownStory({ system, people }: Scene): Promise<{ path: { id: string } }> {
  return { path: { id: (await publishStory(system, people.owner)).id } };
}

/** A highlight of the owner, with a public story. */
export async function ownHighlight({ system, people }: Scene): Promise<{ path: { id: string } }> {
  const { id } = await publishStory(system, people.owner);
  return { path: { id: (await highlight(system, people.owner, [id])).id } };
}
