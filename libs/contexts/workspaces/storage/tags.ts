import { Injectable } from '@nestjs/common';
import { NotFound, Rejection } from '@rookery/domain';
import { Repository, type StoredAs } from '@rookery/persistence';
import { EntitySchema } from 'typeorm';
import { TagTaken } from '../model/rejections';
import { Tag, type TagState } from '../model/tag';

export const tagSchema = new EntitySchema<TagState>({
  name: 'WorkspaceTag',
  schema: 'workspaces',
  tableName: 'tags',
  columns: {
    id: { type: 'uuid', primary: true },
    version: { type: 'int' },
    workspaceId: { type: 'uuid', name: 'workspace_id' },
    name: { type: 'text' },
    createdAt: { type: 'timestamptz', precision: 3, name: 'created_at' },
  },
});

/** The tags of all workspaces. */
@Injectable()
export class Tags extends Repository<TagState, Tag> {
  protected readonly storedAs: StoredAs<TagState, Tag> = {
    schema: tagSchema,
    restore: (state) => new Tag(state),
    unique: { tags_name_key: TagTaken },
  };

  /** @throws Rejection `resource.not-found` unless the workspace has the tag */
  async of(workspaceId: string, id: string): Promise<Tag> {
    const tag = await this.find({ id, workspaceId });
    if (!tag) throw new Rejection(NotFound);
    return tag;
  }

  /** @returns number of tags of a workspace, which the caller has locked */
  async countOf(workspaceId: string): Promise<number> {
    const row = await this.sql.row<{ count: number }>(
      'SELECT count(*)::int AS count FROM workspaces.tags WHERE workspace_id = $1',
      [workspaceId],
    );
    return row!.count;
  }
}
