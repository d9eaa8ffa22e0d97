import { Aggregate, type AggregateState, newId, Rejection } from '@rookery/domain';
import { WorkspaceCreated, WorkspaceDeleted, WorkspaceUpdated } from '../contract';
import { PersonalWorkspace } from './rejections';

/** Name and description of a workspace. */
export interface WorkspaceDraft {
  name: string;
  description: string | null;
}

export interface WorkspaceState extends AggregateState, WorkspaceDraft {
  /** The user whose personal workspace it is; null for shared workspaces. */
  personalOf: string | null;
  /** Who created it, and whose limit it counts against; null once their account is erased. */
  createdBy: string | null;
  createdAt: Date;
  updatedAt: Date;
}

const PERSONAL: WorkspaceDraft = { name: 'Personal', description: null };

/** A workspace that its members share. The members are not part of this aggregate: see `Member`. */
export class Workspace extends Aggregate<WorkspaceState> {
  static onboard(ownerId: string, draft: WorkspaceDraft, now: Date): Workspace {
    return Workspace.create(ownerId, draft, null, now);
  }

  /** Creates the personal workspace of a user, which nobody else can join. */
  static personal(userId: string, now: Date): Workspace {
    return Workspace.create(userId, PERSONAL, userId, now);
  }

  private static create(
    ownerId: string,
    draft: WorkspaceDraft,
    personalOf: string | null,
    now: Date,
  ): Workspace {
    const times = { createdAt: now, updatedAt: now };
    const workspace = new Workspace({
      ...draft,
      id: newId(),
      version: 0,
      personalOf,
      createdBy: ownerId,
      ...times,
    });
    workspace.raise(WorkspaceCreated, { ownerId, personal: workspace.personal });
    return workspace;
  }

  get personal(): boolean {
    return this.state.personalOf !== null;
  }

  /** @throws Rejection `workspaces.personal` if it is a personal workspace */
  verifyShared(): void {
    if (this.personal) throw new Rejection(PersonalWorkspace);
  }

  /**
   * @param changes undefined fields keep their values
   * @returns whether it has changed
   */
  update(changes: Partial<WorkspaceDraft>, now: Date): boolean {
    const { name = this.state.name, description = this.state.description } = changes;
    if (name === this.state.name && description === this.state.description) return false;
    Object.assign(this.state, { name, description, updatedAt: now });
    this.raise(WorkspaceUpdated, {});
    return true;
  }

  /** @throws Rejection `workspaces.personal` */
  delete(): void {
    this.verifyShared();
    this.end();
  }

  /** Deletes it after the account of its last member is erased. */
  end(): void {
    this.raise(WorkspaceDeleted, { personal: this.personal });
  }
}
