import { Aggregate, type AggregateState, newId } from '@rookery/domain';
import { TagCreated, TagDeleted } from '../contract';

export interface TagState extends AggregateState {
  workspaceId: string;
  name: string;
  createdAt: Date;
}

/** A tag of a workspace. It is never renamed, so others can store its name. */
export class Tag extends Aggregate<TagState> {
  static create(workspaceId: string, name: string, now: Date): Tag {
    const tag = new Tag({ id: newId(), version: 0, workspaceId, name, createdAt: now });
    tag.raise(TagCreated, { workspaceId });
    return tag;
  }

  delete(): void {
    this.raise(TagDeleted, { workspaceId: this.state.workspaceId });
  }
}
