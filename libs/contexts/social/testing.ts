import { eventually, type Person, type TestSystem } from '@rookery/testing';
import type { Given, Scene } from '@rookery/testing/access';

/** Publishes a post. @returns its view */
export async function publish(system: TestSystem, { token }: Person, draft: object = {}) {
  const body = { title: 'Swifts are back', content: 'Saw the first three.', tags: ['birds'], ...draft };
  return (await system.ask('POST /v1/posts', { token, body })).body;
}

/** Comments on a post. @returns the view of the comment */
export async function comment(system: TestSystem, { token }: Person, postId: string, content = 'Here too!') {
  return (await system.ask(`POST /v1/posts/${postId}/comments`, { token, body: { content } })).body;
}

/** Likes a post. */
export async function like(system: TestSystem, { token }: Person, postId: string): Promise<void> {
  await system.ask(`PUT /v1/posts/${postId}/like`, { token });
}

/** Lets one user block another. */
export async function block(system: TestSystem, { id }: Person, other: Person): Promise<void> {
  await system.sql(
    `INSERT INTO social.relationships (id, version, user_id, other_id, blocked_at)
     VALUES (gen_random_uuid(), 1, $1, $2, now())`,
    [id, other.id],
  );
}

/** Deletes a user's account, and waits until it is hidden: until then the copy can be missing or outdated. */
export async function leave(system: TestSystem, { id, token }: Person): Promise<void> {
  await system.ask('DELETE /v1/me', { token });
  await eventually(
    async () =>
      (await system.sql('SELECT 1 FROM social.people WHERE id = $1 AND NOT active', [id])).length === 1,
  );
}

/** Hides a user like the deletion of the account does, even if older copies of the account arrive later. */
export async function hide(system: TestSystem, { id }: Person): Promise<void> {
  await eventually(async () => {
    const hidden = await system.sql(
      'UPDATE social.people SET active = false, version = version + 100 WHERE id = $1 RETURNING id',
      [id],
    );
    return hidden.length === 1;
  });
}

/** A post of the owner. */
export async function ownPost({ system, people }: Scene): Promise<Given> {
  return { path: { id: (await publish(system, people.owner)).id } };
}

/** A comment of the owner on another user's post. */
export async function ownComment({ system, people }: Scene): Promise<Given> {
  const post = await publish(system, people.other);
  return { path: { id: (await comment(system, people.owner, post.id)).id } };
}
