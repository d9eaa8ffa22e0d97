import { Injectable } from '@nestjs/common';
import { Relations } from '../../social/contract';
import { Memberships } from '../../workspaces/contract';

/** Who may see what a delivery tells. */
@Injectable()
export class DeliveryViewers {
  constructor(
    private readonly memberships: Memberships,
    private readonly relations: Relations,
  ) {}

  /**
   * @param others whom it tells about
   * @param workspaceId that it is about, if any
   * @returns whether a user may see all of the others at this moment, who are active and without a block between them,
   *   and is a member of the workspace
   */
  async maySee(userId: string, others: readonly string[], workspaceId?: string | null): Promise<boolean> {
    if (workspaceId && (await this.memberships.roleOf(userId, workspaceId)) === null) return false;
    if (others.length === 0) return true;
    return (await this.relations.visibleTo(userId, others)).size === new Set(others).size;
  }
}
