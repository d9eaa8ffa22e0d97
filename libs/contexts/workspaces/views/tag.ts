import { Injectable } from '@nestjs/common';
import { ApiSchema } from '@nestjs/swagger';
import { Sql } from '@rookery/persistence';
import { BY_ID, Field, type ListQuery, type Page, paged } from '@rookery/web';
import { TAG_NAME } from '../contract';
import type { Tag } from '../model/tag';

/** Field options of a tag's name. */
export const TAG = {
  name: {
    ...TAG_NAME,
    description: 'Name. It is unique in the workspace, not case-sensitive.',
    example: 'field work',
  },
};

/** A tag of a workspace. */
@ApiSchema({ name: 'WorkspaceTag' })
export class TagView {
  @Field.uuid({ description: 'Id of the tag.' })
  id: string;

  @Field.uuid({ description: 'Id of the workspace.' })
  workspaceId: string;

  @Field.text(TAG.name)
  name: string;

  @Field.dateTime({ description: 'When it was created.' })
  createdAt: Date;
}

/** @returns the view of a tag that was created in this request */
export function newTagView(tag: Tag): TagView {
  const { id, workspaceId, name, createdAt } = tag.snapshot();
  return { id, workspaceId, name, createdAt };
}

/** Tags of workspaces. */
@Injectable()
export class TagViews {
  constructor(private readonly sql: Sql) {}

  /** Requires that the caller was checked to be in the workspace. */
  of(workspaceId: string, page: ListQuery): Promise<Page<TagView>> {
    return paged(page, `workspace-tags:${workspaceId}`, BY_ID, ([id], limit) =>
      this.sql.rows<TagView & Record<string, unknown>>(
        `SELECT id, workspace_id AS "workspaceId", name, created_at AS "createdAt" FROM workspaces.tags
         WHERE workspace_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3`,
        [workspaceId, id, limit],
      ),
    );
  }
}
