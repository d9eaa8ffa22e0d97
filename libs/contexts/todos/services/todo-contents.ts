import { Injectable } from '@nestjs/common';
import { Rejection } from '@rookery/domain';
import { Recipients } from '../../identity/contract';
import { Memberships } from '../../workspaces/contract';
import { AssigneeUnsuitable, CategoryUnknown } from '../model/rejections';
import type { Priority, Todo, TodoContent } from '../model/todo';
import { Categories } from '../storage/categories';
import { Todos } from '../storage/todos';
import { assertComesAgain, parseRule } from './cadence';

/** The content of a todo as a caller sends it. Undefined fields are not sent; null clears a field. */
export interface TodoInput {
  title?: string;
  description?: string | null;
  priority?: Priority;
  /** RFC 3339 timestamp. */
  dueDate?: string | null;
  parentId?: string | null;
  categoryId?: string | null;
  assigneeId?: string | null;
  recurrence?: string | null;
  sortOrder?: number;
  color?: string | null;
  difficulty?: number | null;
}

const DEFAULT_TIME_ZONE = 'UTC';

/** Validates the content that callers send: assignees, categories, parents and recurrence rules must be suitable. */
@Injectable()
export class TodoContents {
  constructor(
    private readonly categories: Categories,
    private readonly memberships: Memberships,
    private readonly recipients: Recipients,
    private readonly todos: Todos,
  ) {}

  /**
   * @param actorId the caller, whose role in the workspace is locked
   * @param todo the todo to change, locked; null for a new one
   * @returns the fields that were sent
   * @throws Rejection `todos.recurrence-invalid`, `todos.category-unknown`, `todos.assignee-unsuitable`,
   *   `todos.parent-unsuitable`, `todos.too-many-sub-todos`
   */
  async check(
    actorId: string,
    workspaceId: string,
    input: TodoInput,
    todo: Todo | null,
  ): Promise<Partial<TodoContent>> {
    const { dueDate, recurrence, ...rest } = input;
    const before = todo?.snapshot();
    const content: Partial<TodoContent> = { ...rest };
    if (dueDate !== undefined) content.dueDate = dueDate === null ? null : new Date(dueDate);
    if (recurrence !== undefined) content.recurrence = recurrence === null ? null : parseRule(recurrence);
    const rule = content.recurrence === undefined ? before?.recurrence : content.recurrence;
    if (rule && (content.recurrence !== undefined || content.dueDate !== undefined)) {
      content.timeZone = before?.timeZone ?? (await this.timeZoneOf(actorId));
      const start = content.dueDate ?? before?.dueDate;
      // Without a due date it violates another rule, which the model checks.
      if (start) assertComesAgain({ rule, start, timeZone: content.timeZone });
    }
    const { categoryId, assigneeId, parentId } = input;
    if (categoryId && categoryId !== before?.categoryId && !(await this.categories.isOf(actorId, categoryId)))
      throw new Rejection(CategoryUnknown);
    if (assigneeId && assigneeId !== before?.assigneeId) await this.assertAssignee(assigneeId, workspaceId);
    if (parentId && parentId !== before?.parentId)
      await this.todos.lockParent(parentId, workspaceId, todo?.id ?? null);
    return content;
  }

  /** Guests cannot be assigned todos. Locks the role of the assignee until the current transaction ends. */
  private async assertAssignee(userId: string, workspaceId: string): Promise<void> {
    const role = await this.memberships.lockRole(userId, workspaceId);
    if (role === null || role === 'guest') throw new Rejection(AssigneeUnsuitable);
  }

  private async timeZoneOf(userId: string): Promise<string> {
    const [user] = await this.recipients.find([userId]);
    return user?.timeZone ?? DEFAULT_TIME_ZONE;
  }
}
