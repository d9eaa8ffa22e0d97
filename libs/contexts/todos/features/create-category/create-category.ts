import { Body, Controller, Post, Res } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { Commands } from '@rookery/application';
import { Audited } from '@rookery/audit';
import { Clock } from '@rookery/domain';
import { type Caller, CurrentCaller, Explain, Field, Versioned } from '@rookery/web';
import type { FastifyReply } from 'fastify';
import { Category, type CategoryContent } from '../../model/category';
import { CategoryTaken, TooManyCategories } from '../../model/rejections';
import { Categories } from '../../storage/categories';
import { CATEGORY, CategoryView, DEFAULT_COLOR, viewOfCategory } from '../../views/category';

class CategoryCreate {
  @Field.text(CATEGORY.name)
  name: string;

  @Field.text({ ...CATEGORY.color, default: DEFAULT_COLOR })
  color = DEFAULT_COLOR;

  @Field.text({ ...CATEGORY.description, optional: true, nullable: true })
  description?: string | null;
}

@Audited('todos.create-category')
export class CreateCategory extends Command<CategoryView> {
  constructor(
    readonly userId: string,
    readonly content: CategoryContent,
  ) {
    super();
  }
}

@ApiTags('Categories')
@Controller('categories')
export class CreateCategoryRoute {
  constructor(private readonly commands: Commands) {}

  @Post()
  @Versioned()
  @Explain({
    operationId: 'createCategory',
    summary: 'Create a category',
    description:
      'You can use your categories for todos in all your workspaces. Their names are unique, not case-sensitive.',
    ok: { status: 201, type: CategoryView, headers: { Location: 'URL of the category.' } },
    rejects: [CategoryTaken, TooManyCategories],
  })
  async create(
    @CurrentCaller() { userId }: Caller,
    @Body() { name, color, description = null }: CategoryCreate,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<CategoryView> {
    const category = await this.commands.execute(new CreateCategory(userId, { name, color, description }));
    reply.header('location', `/v1/categories/${category.id}`);
    return category;
  }
}

@CommandHandler(CreateCategory)
export class CreateCategoryHandler implements ICommandHandler<CreateCategory> {
  constructor(
    private readonly categories: Categories,
    private readonly clock: Clock,
  ) {}

  async execute({ userId, content }: CreateCategory): Promise<CategoryView> {
    await this.categories.lockRoom(userId);
    const category = Category.create(userId, content, this.clock.now());
    await this.categories.save(category);
    return viewOfCategory(category);
  }
}
