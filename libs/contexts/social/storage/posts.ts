import { Injectable } from '@nestjs/common';
import { Repository, type StoredAs } from '@rookery/persistence';
import { EntitySchema } from 'typeorm';
import { Post, type PostState } from '../model/post';

/** The number of comments is not part of the aggregate: `storage/comments.ts` updates that column. */
export const postSchema = new EntitySchema<PostState>({
  name: 'Post',
  schema: 'social',
  tableName: 'posts',
  columns: {
    id: { type: 'uuid', primary: true },
    version: { type: 'int' },
    authorId: { type: 'uuid', name: 'author_id' },
    title: { type: 'text' },
    content: { type: 'text' },
    tags: { type: 'text', array: true },
    createdAt: { type: 'timestamptz', precision: 3, name: 'created_at' },
    updatedAt: { type: 'timestamptz', precision: 3, name: 'updated_at' },
  },
});

/** The posts of all users. */
@Injectable()
export class Posts extends Repository<PostState, Post> {
  protected readonly storedAs: StoredAs<PostState, Post> = {
    schema: postSchema,
    restore: (state) => new Post(state),
  };
}
