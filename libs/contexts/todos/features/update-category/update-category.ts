import { Body, Controller, Delete, Patch } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { Commands } from '@rookery/application';
import { Audited } from '@rookery/audit';
import { assertVersion, Clock, type ExpectedVersion, NotFound } from '@rookery/domain';
import { type Caller, CurrentCaller, Explain, Field, IfMatch, UuidParam, Versioned } from '@rookery/web';
import type { CategoryContent } from '../../model/category';
import { CategoryTaken } from '../../model/rejections';
import { Categories } from '../../storage/categories';
import { CATEGORY, CategoryView, viewOfCategory } from '../../views/category';

class CategoryUpdate {
  @Field.text({ ...CATEGORY.name, optional: true })
  name?: string;

  @Field.text({ ...CATEGORY.color, optional: true })
  color?: string;

  @Field.text({ ...CATEGORY.description, optional: true, nullable: true })
  description?: string | null;
}

@Audited('todos.update-category')
export class UpdateCategory extends Command<CategoryView> {
  constructor(
    readonly userId: string,
    readonly categoryId: string,
    readonly changes: Partial<CategoryContent>,
    readonly expectedVersion: ExpectedVersion,
  ) {
    super();
  }
}

@Audited('todos.delete-category')
export class DeleteCategory extends Command<void> {
  constructor(
    readonly userId: string,
    readonly categoryId: string,
  ) {
    super();
  }
}

@ApiTags('Categories')
@Controller('categories')
export class UpdateCategoryRoute {
  constructor(private readonly commands: Commands) {}

  @Patch(':id')
  @Versioned()
  @Explain({
    operationId: 'updateCategory',
    summary: 'Change a category',
    description: 'Fields that are left out do not change.',
    ok: { type: CategoryView },
    rejects: [NotFound, CategoryTaken],
  })
  update(
    @UuidParam() id: string,
    @CurrentCaller() { userId }: Caller,
    @IfMatch() expectedVersion: ExpectedVersion,
    @Body() changes: CategoryUpdate,
  ): Promise<CategoryView> {
    return this.commands.execute(new UpdateCategory(userId, id, changes, expectedVersion));
  }

  @Delete(':id')
  @Explain({
    operationId: 'deleteCategory',
    summary: 'Delete a category',
    description: 'Its todos are kept, without a category.',
    ok: { status: 204 },
    rejects: [NotFound],
  })
  delete(@UuidParam() id: string, @CurrentCaller() { userId }: Caller): Promise<void> {
    return this.commands.execute(new DeleteCategory(userId, id));
  }
}

@CommandHandler(UpdateCategory)
export class UpdateCategoryHandler implements ICommandHandler<UpdateCategory> {
  constructor(
    private readonly categories: Categories,
    private readonly clock: Clock,
  ) {}

  async execute({ userId, categoryId, changes, expectedVersion }: UpdateCategory): Promise<CategoryView> {
    const category = await this.categories.lockOwn(userId, categoryId);
    assertVersion(category.version, expectedVersion);
    if (category.update(changes, this.clock.now())) await this.categories.save(category);
    return viewOfCategory(category);
  }
}

@CommandHandler(DeleteCategory)
export class DeleteCategoryHandler implements ICommandHandler<DeleteCategory> {
  constructor(private readonly categories: Categories) {}

  async execute({ userId, categoryId }: DeleteCategory): Promise<void> {
    const category = await this.categories.lockOwn(userId, categoryId);
    category.delete();
    await this.categories.remove(category);
  }
}
