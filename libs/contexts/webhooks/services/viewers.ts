import { Injectable } from '@nestjs/common';
import { Relations } from '../../social/contract';

/** Who may see what a delivery tells. */
@Injectable()
export class DeliveryViewers {
  constructor(private readonly relations: Relations) {}

  /** @returns whether a user may see all of the others at this moment: active, and no block between them */
  async maySee(userId: string, others: readonly string[]): Promise<boolean> {
    if (others.length === 0) return true;
    return (await this.relations.visibleTo(userId, others)).size === new Set(others).size;
  }
}
