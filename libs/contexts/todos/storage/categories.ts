import { Injectable } from '@nestjs/common';
import { NotFound, Rejection } from '@rookery/domain';
import { Repository, type StoredAs } from '@rookery/persistence';
import { EntitySchema } from 'typeorm';
import { Category, type CategoryState } from '../model/category';
import { CategoryTaken, TooManyCategories } from '../model/rejections';

export const MAX_CATEGORIES = 200;

export const categorySchema = new EntitySchema<CategoryState>({
  name: 'Category',
  schema: 'todos',
  tableName: 'categories',
  columns: {
    id: { type: 'uuid', primary: true },
    version: { type: 'int' },
    userId: { type: 'uuid', name: 'user_id' },
    name: { type: 'text' },
    color: { type: 'text' },
    description: { type: 'text', nullable: true },
    createdAt: { type: 'timestamptz', precision: 3, name: 'created_at' },
    updatedAt: { type: 'timestamptz', precision: 3, name: 'updated_at' },
  },
});

/** The categories of all users. */
@Injectable()
export class Categories extends Repository<CategoryState, Category> {
  protected readonly storedAs: StoredAs<CategoryState, Category> = {
    schema: categorySchema,
    restore: (state) => new Category(state),
    unique: { categories_name_key: CategoryTaken },
  };

  /** @returns whether the category belongs to the user */
  async isOf(userId: string, id: string): Promise<boolean> {
    const row = await this.sql.row('SELECT 1 FROM todos.categories WHERE id = $1 AND user_id = $2', [
      id,
      userId,
    ]);
    return row !== undefined;
  }

  /** Locks a category of the user. @throws Rejection `resource.not-found` unless it belongs to them */
  async lockOwn(userId: string, id: string): Promise<Category> {
    const category = await this.getLocked(id);
    if (category.userId !== userId) throw new Rejection(NotFound);
    return category;
  }

  /**
   * Prevents that the user creates another category until the transaction ends.
   *
   * @throws Rejection `todos.too-many-categories`
   */
  async lockRoom(userId: string): Promise<void> {
    await this.sql.execute(`SELECT pg_advisory_xact_lock(hashtextextended('todos.categories:' || $1, 0))`, [
      userId,
    ]);
    const row = await this.sql.row<{ count: number }>(
      'SELECT count(*)::int AS count FROM todos.categories WHERE user_id = $1',
      [userId],
    );
    if (row!.count >= MAX_CATEGORIES) throw new Rejection(TooManyCategories);
  }
}
