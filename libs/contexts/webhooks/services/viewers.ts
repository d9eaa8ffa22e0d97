import { Injectable } from '@nestjs/common';
import { Relations } from '../../social/contract';
import { Memberships } from '../../workspaces/contract';

/** Checks whether a recipient can see the subjects of a delivery. */
@Injectable()
export class DeliveryViewers {
  constructor(
    private readonly memberships: Memberships,
    private readonly relations: Relations,
  ) {}

  /**
   * @param others users that the delivery is about
   * @param workspaceId workspace that the delivery is about, if any
   * @returns whether the user can currently see all of the others (active, and no block between them) and is a member
   *   of the workspace
   */
  async maySee(userId: string, others: readonly string[], workspaceId?: string | null): Promise<boolean> {
    if (workspaceId && (await this.memberships.roleOf(userId, workspaceId)) === null) return false;
    if (others.length === 0) return true;
    return (await this.relations.visibleTo(userId, others)).size === new Set(others).size;
  }
}
