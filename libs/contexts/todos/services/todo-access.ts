import { Injectable } from '@nestjs/common';
import { assertVersion, type ExpectedVersion, Forbidden, NotFound, Rejection } from '@rookery/domain';
import { type Membership, Memberships, type Role } from '../../workspaces/contract';
import type { Todo } from '../model/todo';
import { Todos } from '../storage/todos';

/** Who can see and change todos: owners and members of the workspace. Guests can only see them. */
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
   * For preparations before a command. The command checks again.
   *
   * @throws Rejection `resource.not-found` unless the user can see the todo, `auth.forbidden` for guests
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
   * Locks the role of the user until the current transaction ends.
   *
   * @throws Rejection `resource.not-found` unless the user is in the workspace, `auth.forbidden` for guests
   */
  async lockWriter(userId: string, workspaceId: string): Promise<void> {
    assertWriter(await this.memberships.lockRole(userId, workspaceId));
  }

  /**
   * For personal actions on a todo, which require only that the user can see it. Locks their membership until the current
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
   * For changes to parts of a todo that do not change the todo itself. Prevents its deletion until the current
   * transaction ends.
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

  /** @returns the workspaces whose todos a user can see */
  workspacesOf(userId: string): Promise<Membership[]> {
    return this.memberships.workspacesOf(userId);
  }
}

/** @throws Rejection `resource.not-found`, `auth.forbidden` */
export function assertWriter(role: Role | null): void {
  if (role === null) throw new Rejection(NotFound);
  if (role === 'guest') throw new Rejection(Forbidden);
}
