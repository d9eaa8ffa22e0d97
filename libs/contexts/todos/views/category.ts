import { Injectable } from '@nestjs/common';
import { ApiSchema } from '@nestjs/swagger';
import { NotFound, Rejection } from '@rookery/domain';
import { Sql } from '@rookery/persistence';
import { Field } from '@rookery/web';
import type { Category } from '../model/category';
import { TODO } from './todo';

export const DEFAULT_COLOR = '#6b7280';

/** Field options of a category. */
export const CATEGORY = {
  name: {
    max: 100,
    trim: true,
    description: 'Name. It is unique among your categories, not case-sensitive.',
    example: 'Garden',
  },
  color: TODO.color,
  description: { min: 0, max: 255, description: 'Details.', example: 'Everything that grows.' },
};

/** A category, as its user sees it. */
@ApiSchema({ name: 'Category' })
export class CategoryView {
  @Field.uuid({ description: 'Id of the category.' })
  id: string;

  @Field.text(CATEGORY.name)
  name: string;

  @Field.text(CATEGORY.color)
  color: string;

  @Field.text({ ...CATEGORY.description, nullable: true })
  description: string | null;

  @Field.dateTime({ description: 'When it was created.' })
  createdAt: Date;

  @Field.dateTime({ description: 'When it was last changed.' })
  updatedAt: Date;

  @Field.integer({ description: 'Version. The ETag starts with it.', example: 1 })
  version: number;
}

const SELECT = `SELECT id, name, color, description, created_at AS "createdAt", updated_at AS "updatedAt", version
  FROM todos.categories`;

/** @returns the view of a category, for the response to a change */
export function viewOfCategory(category: Category): CategoryView {
  const { id, name, color, description, createdAt, updatedAt, version } = category.snapshot();
  return { id, name, color, description, createdAt, updatedAt, version };
}

/** Categories, as their users see them. */
@Injectable()
export class CategoryViews {
  constructor(private readonly sql: Sql) {}

  /** @throws Rejection `resource.not-found` */
  async get(userId: string, id: string): Promise<CategoryView> {
    const row = await this.sql.row<CategoryView & Record<string, unknown>>(
      `${SELECT} WHERE user_id = $1 AND id = $2`,
      [userId, id],
    );
    if (!row) throw new Rejection(NotFound);
    return row;
  }

  /** @returns newest first, at most `limit` */
  of(userId: string, after: string, limit: number): Promise<CategoryView[]> {
    return this.sql.rows<CategoryView & Record<string, unknown>>(
      `${SELECT} WHERE user_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3`,
      [userId, after, limit],
    );
  }
}
