import type { Person, TestSystem } from '@rookery/testing';
import type { Given, Scene } from '@rookery/testing/access';
import { sharedWorkspace, tag } from '../workspaces/testing';

/** Creates a todo. @returns its view */
export async function createTodo(
  system: TestSystem,
  { token }: Person,
  workspaceId: string,
  draft: object = {},
) {
  const body = { title: 'Water the plants', ...draft };
  const answer = await system.ask(`POST /v1/workspaces/${workspaceId}/todos`, { token, body });
  if (answer.status !== 201) throw new Error(`Creating the todo failed: ${JSON.stringify(answer.body)}`);
  return answer.body;
}

/** @returns the types of the events about a subject, in order */
export async function eventsAbout(system: TestSystem, subject: string): Promise<string[]> {
  const rows = await system.sql<{ type: string }>(
    'SELECT type FROM messaging.outbox WHERE subject = $1 ORDER BY id',
    [subject],
  );
  return rows.map(({ type }) => type);
}

/** A todo of the owner in a shared workspace, as `id` of the path. */
export async function sharedTodo(scene: Scene): Promise<Given> {
  const { path } = await sharedWorkspace(scene);
  return { path: { id: (await createTodo(scene.system, scene.people.owner, path!.id!)).id } };
}

/** A todo of the owner in a shared workspace, as `id` of the path, and a tag of the workspace, as `tagId`. */
export async function taggableTodo(scene: Scene): Promise<Given> {
  const { path } = await sharedWorkspace(scene);
  const { owner } = scene.people;
  const { id } = await createTodo(scene.system, owner, path!.id!);
  return { path: { id, tagId: (await tag(scene.system, owner, path!.id!)).id } };
}

/** A category of the owner, as `id` of the path. */
export async function ownCategory({ system, people }: Scene): Promise<Given> {
  const { body } = await system.ask('POST /v1/categories', {
    token: people.owner.token,
    body: { name: `Category ${Math.random()}` },
  });
  return { path: { id: body.id } };
}

/** A comment of the owner on a todo in a shared workspace, as `commentId` of the path. */
export async function commentedTodo(scene: Scene): Promise<Given> {
  const { path } = await sharedTodo(scene);
  const { body } = await scene.system.ask(`POST /v1/todos/${path!.id}/comments`, {
    token: scene.people.owner.token,
    body: { content: 'The ferns too.' },
  });
  return { path: { ...path, commentId: body.id } };
}

/** A file on a todo in a shared workspace, as `attachmentId` of the path. The storage is empty. */
export async function attachedTodo(scene: Scene): Promise<Given> {
  const { path } = await sharedTodo(scene);
  const [row] = await scene.system.sql<{ id: string }>(
    `INSERT INTO todos.attachments (id, version, todo_id, workspace_id, author_id, media_key, file_name, created_at)
     SELECT gen_random_uuid(), 1, id, workspace_id, author_id, 'uploads/' || gen_random_uuid(), 'plan.pdf', now()
     FROM todos.todos WHERE id = $1 RETURNING id`,
    [path!.id],
  );
  return { path: { ...path, attachmentId: row!.id } };
}
