import { Aggregate, type AggregateState, newId } from '@rookery/domain';
import { CategoryCreated, CategoryDeleted, CategoryUpdated } from '../events';

export interface CategoryContent {
  name: string;
  /** `#rrggbb`. */
  color: string;
  description: string | null;
}

export interface CategoryState extends AggregateState, CategoryContent {
  userId: string;
  createdAt: Date;
  updatedAt: Date;
}

/** A category for todos, which belongs to one user. */
export class Category extends Aggregate<CategoryState> {
  static create(userId: string, content: CategoryContent, now: Date): Category {
    const category = new Category({
      ...content,
      id: newId(),
      version: 0,
      userId,
      createdAt: now,
      updatedAt: now,
    });
    category.raise(CategoryCreated, { userId });
    return category;
  }

  get userId(): string {
    return this.state.userId;
  }

  /**
   * @param changes undefined fields keep their values
   * @returns whether it has changed
   */
  update(changes: Partial<CategoryContent>, now: Date): boolean {
    const fields = Object.keys(changes) as (keyof CategoryContent)[];
    const changed = fields.filter(
      (field) => changes[field] !== undefined && changes[field] !== this.state[field],
    );
    if (changed.length === 0) return false;
    for (const field of changed) Object.assign(this.state, { [field]: changes[field] });
    this.state.updatedAt = now;
    this.raise(CategoryUpdated, { userId: this.state.userId });
    return true;
  }

  delete(): void {
    this.raise(CategoryDeleted, { userId: this.state.userId });
  }
}
