import { Injectable } from '@nestjs/common';
import { assertVersion, type ExpectedVersion, Forbidden, NotFound, Rejection } from '@rookery/domain';
import { type Membership, Memberships, type Role } from '../../workspaces/contract';
import type { Todo } from '../model/todo';
import { Todos } from '../storage/todos';

/** Who may see and change todos: the members of their workspace; its guests see them only. */
@Injectable()
export class TodoAccess {
  constructor(
    private readonly memberships: Memberships,
    private readonly todos: Todos,
  ) {}

  /** @throws Rejection `resource.not-found` unless the user is in the workspace */
  async assertCanRead(userId: string, workspaceId: string): Promise<void> {
    if ((await this.memberships.roleOf(userId, workspaceId)) === null) throw new Rejection(NotFound);
  }

  /**
   * For what is prepared before the command that does it, and decides again.
   *
   * @throws Rejection `resource.not-found` unless the user sees the todo, `auth.forbidden` for guests
   */
  async assertCanWrite(userId: string, todoId: string): Promise<void> {
    await this.assertCanWriteIn(userId, await this.todos.workspaceOf(todoId));
  }

  /**
   * The same for a workspace.
   *
   * @throws Rejection `resource.not-found` unless the user is in it, `auth.forbidden` for guests
   */
  async assertCanWriteIn(userId: string, workspaceId: string): Promise<void> {
    assertWriter(await this.memberships.roleOf(userId, workspaceId));
  }

  /**
   * The role stays what it is until the current transaction ends.
   *
   * @throws Rejection `resource.not-found` unless the user is in the workspace, `auth.forbidden` for guests
   */
  async lockWriter(userId: string, workspaceId: string): Promise<void> {
    assertWriter(await this.memberships.lockRole(userId, workspaceId));
  }

  /**
   * For what users do for themselves with a todo that they only have to see. Their membership stays until the current
   * transaction ends.
   *
   * @returns the todo
   * @throws Rejection `resource.not-found`
   */
  async lockReader(userId: string, todoId: string): Promise<Todo> {
    const todo = await this.todos.get(todoId);
    if ((await this.memberships.lockRole(userId, todo.workspaceId)) === null) throw new Rejection(NotFound);
    return todo;
  }

  /**
   * Loads a todo that a user wants to change, and locks it.
   *
   * @throws Rejection `resource.not-found`, `auth.forbidden`, `precondition.required`; StaleVersion
   */
  async lockTodo(userId: string, todoId: string, expectedVersion: ExpectedVersion): Promise<Todo> {
    await this.lockWriter(userId, await this.todos.workspaceOf(todoId));
    const todo = await this.todos.getLocked(todoId);
    assertVersion(todo.version, expectedVersion);
    return todo;
  }

  /**
   * For what belongs to a todo and does not change it. The todo stays until the current transaction ends.
   *
   * @returns its workspace
   * @throws Rejection `resource.not-found`, `auth.forbidden`
   */
  async lockWriterOf(userId: string, todoId: string): Promise<string> {
    const workspaceId = await this.todos.workspaceOf(todoId);
    await this.lockWriter(userId, workspaceId);
    await this.todos.keep(todoId);
    return workspaceId;
  }

  /** @returns the workspaces whose todos a user may see */
  workspacesOf(userId: string): Promise<Membership[]> {
    return this.memberships.workspacesOf(userId);
  }
}

/** @throws Rejection `resource.not-found`, `auth.forbidden` */
export function assertWriter(role: Role | null): void {
  if (role === null) throw new Rejection(NotFound);
  if (role === 'guest') throw new Rejection(Forbidden);
}
