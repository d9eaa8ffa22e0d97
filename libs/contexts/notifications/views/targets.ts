import { Injectable } from '@nestjs/common';
import { ApiSchema } from '@nestjs/swagger';
import { Field } from '@rookery/web';
import { PostHeadlines } from '../../social/contract';
import { OwnStories } from '../../stories/contract';
import { OwnTales } from '../../tales/contract';
import { TodoHeadlines } from '../../todos/contract';
import { WorkspaceHeadlines } from '../../workspaces/contract';
import { kindOf, type TargetType } from '../model/kinds';

const COMMENT = { nullable: true, description: 'The comment that the notification is about.' } as const;

/** The recipient: the notification is about themselves. */
@ApiSchema({ name: 'NotificationUserTarget' })
export class UserTarget {
  @Field.oneOf(['user'], { description: 'The notification is about yourself.' })
  type: 'user';

  @Field.uuid({ description: 'Your id.' })
  id: string;
}

/** A post of the recipient. */
@ApiSchema({ name: 'NotificationPostTarget' })
export class PostTarget {
  @Field.oneOf(['post'], { description: 'One of your posts.' })
  type: 'post';

  @Field.uuid({ description: 'Id of the post.' })
  id: string;

  @Field.text({ max: 100, description: 'Its title.', example: 'Swifts are back' })
  title: string;

  @Field.uuid(COMMENT)
  commentId: string | null;
}

/** A story of the recipient. */
@ApiSchema({ name: 'NotificationStoryTarget' })
export class StoryTarget {
  @Field.oneOf(['story'], { description: 'One of your stories.' })
  type: 'story';

  @Field.uuid({ description: 'Id of the story.' })
  id: string;

  @Field.text({ max: 500, nullable: true, description: 'Its text; null if it has only media.' })
  text: string | null;
}

/** A tale that the recipient requested. */
@ApiSchema({ name: 'NotificationTaleTarget' })
export class TaleTarget {
  @Field.oneOf(['tale'], { description: 'A tale that you requested.' })
  type: 'tale';

  @Field.uuid({ description: 'Id of the tale.' })
  id: string;

  @Field.text({ max: 120, nullable: true, description: 'Its title; null until it is written.' })
  title: string | null;
}

/** A workspace. */
@ApiSchema({ name: 'NotificationWorkspaceTarget' })
export class WorkspaceTarget {
  @Field.oneOf(['workspace'], { description: 'A workspace.' })
  type: 'workspace';

  @Field.uuid({ description: 'Id of the workspace.' })
  id: string;

  @Field.text({
    max: 100,
    nullable: true,
    description: 'Its name; null if you were removed and have not returned.',
    example: 'Spring count',
  })
  name: string | null;
}

/** A todo. */
@ApiSchema({ name: 'NotificationTodoTarget' })
export class TodoTarget {
  @Field.oneOf(['todo'], { description: 'A todo in one of your workspaces.' })
  type: 'todo';

  @Field.uuid({ description: 'Id of the todo.' })
  id: string;

  @Field.uuid({ description: 'Id of its workspace.' })
  workspaceId: string;

  @Field.text({ max: 255, description: 'Its title.', example: 'Water the plants' })
  title: string;

  @Field.dateTime({ nullable: true, description: 'Its current due date.' })
  dueDate: Date | null;

  @Field.uuid(COMMENT)
  commentId: string | null;
}

/** The class of each target type, for the API description. */
export const TARGETS = {
  user: UserTarget,
  post: PostTarget,
  story: StoryTarget,
  tale: TaleTarget,
  workspace: WorkspaceTarget,
  todo: TodoTarget,
} as const satisfies Record<TargetType, unknown>;

type Plain<T> = { [Field in keyof T]: T[Field] };
export type TargetView = { [T in TargetType]: Plain<InstanceType<(typeof TARGETS)[T]>> }[TargetType];

type Ask = (userId: string, ids: readonly string[]) => Promise<ReadonlyMap<string, TargetView>>;

/** What a notification is about. */
export interface Subject {
  kind: string;
  targetId: string;
  sourceId: string | null;
}

/** Targets of notifications. The only place that decides whether a recipient can see a target, by asking its context. */
@Injectable()
export class Targets {
  private readonly ask: Record<TargetType, Ask> = {
    user: async (id) => new Map([[id, { type: 'user', id }]]),
    post: async (_, ids) =>
      viewed(await this.posts.find(ids), ({ id, title }) => ({ type: 'post', id, title, commentId: null })),
    story: async (userId, ids) =>
      viewed(await this.stories.find(userId, ids), (story) => ({ type: 'story', ...story })),
    tale: async (userId, ids) =>
      viewed(await this.tales.find(userId, ids), (tale) => ({ type: 'tale', ...tale })),
    workspace: async (userId, ids) =>
      viewed(await this.workspaces.visibleTo(userId, ids), (room) => ({ type: 'workspace', ...room })),
    todo: async (userId, ids) =>
      viewed(await this.todos.visibleTo(userId, ids), (todo) => ({ type: 'todo', ...todo, commentId: null })),
  };

  constructor(
    private readonly posts: PostHeadlines,
    private readonly stories: OwnStories,
    private readonly tales: OwnTales,
    private readonly todos: TodoHeadlines,
    private readonly workspaces: WorkspaceHeadlines,
  ) {}

  /**
   * Calls each context once, whatever the number of subjects.
   *
   * @returns the targets in the same order; undefined for a notification that must not be shown because the user cannot see
   *   its target
   */
  async of(userId: string, subjects: readonly Subject[]): Promise<(TargetView | undefined)[]> {
    const wanted = new Map<TargetType, Set<string>>();
    for (const { kind, targetId } of subjects) {
      const type = kindOf(kind)?.target;
      if (type) wanted.set(type, (wanted.get(type) ?? new Set()).add(targetId));
    }
    const found = new Map(
      await Promise.all(
        [...wanted].map(async ([type, ids]) => [type, await this.ask[type](userId, [...ids])] as const),
      ),
    );
    return subjects.map(({ kind, targetId, sourceId }) => {
      const known = kindOf(kind);
      if (!known) return undefined;
      const target = found.get(known.target)!.get(targetId);
      if (target) return 'commentId' in target ? { ...target, commentId: sourceId } : target;
      return known.survives ? { type: 'workspace', id: targetId, name: null } : undefined;
    });
  }

  /** @returns whether a user can see the target of a notification */
  async shows(userId: string, subject: Subject): Promise<boolean> {
    return (await this.of(userId, [subject]))[0] !== undefined;
  }
}

function viewed<Row>(
  rows: ReadonlyMap<string, Row>,
  view: (row: Row) => TargetView,
): Map<string, TargetView> {
  return new Map([...rows].map(([id, row]) => [id, view(row)]));
}
