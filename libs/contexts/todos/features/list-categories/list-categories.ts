import { Controller, Get, Query as QueryString } from '@nestjs/common';
import { type IQueryHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { ApiTags } from '@nestjs/swagger';
import { Queries } from '@rookery/application';
import { NotFound } from '@rookery/domain';
import {
  BY_ID,
  type Caller,
  CurrentCaller,
  Explain,
  ListQuery,
  type Page,
  paged,
  UuidParam,
  Versioned,
} from '@rookery/web';
import { CategoryView, CategoryViews } from '../../views/category';

export class ListCategories extends Query<Page<CategoryView>> {
  constructor(
    readonly userId: string,
    readonly page: ListQuery,
  ) {
    super();
  }
}

export class ReadCategory extends Query<CategoryView> {
  constructor(
    readonly userId: string,
    readonly categoryId: string,
  ) {
    super();
  }
}

@ApiTags('Categories')
@Controller('categories')
export class ListCategoriesRoute {
  constructor(private readonly queries: Queries) {}

  @Get()
  @Explain({
    operationId: 'listCategories',
    summary: 'List your categories',
    description: 'Newest first.',
    ok: { list: CategoryView },
  })
  list(@CurrentCaller() { userId }: Caller, @QueryString() page: ListQuery): Promise<Page<CategoryView>> {
    return this.queries.execute(new ListCategories(userId, page));
  }

  @Get(':id')
  @Versioned()
  @Explain({
    operationId: 'getCategory',
    summary: 'Read a category',
    description: 'Returns one of your categories. Returns 404 for a category of another user.',
    ok: { type: CategoryView },
    rejects: [NotFound],
  })
  read(@UuidParam() id: string, @CurrentCaller() { userId }: Caller): Promise<CategoryView> {
    return this.queries.execute(new ReadCategory(userId, id));
  }
}

@QueryHandler(ListCategories)
export class ListCategoriesHandler implements IQueryHandler<ListCategories> {
  constructor(private readonly categories: CategoryViews) {}

  execute({ userId, page }: ListCategories): Promise<Page<CategoryView>> {
    return paged(page, `categories:${userId}`, BY_ID, ([after], limit) =>
      this.categories.of(userId, after, limit),
    );
  }
}

@QueryHandler(ReadCategory)
export class ReadCategoryHandler implements IQueryHandler<ReadCategory> {
  constructor(private readonly categories: CategoryViews) {}

  execute({ userId, categoryId }: ReadCategory): Promise<CategoryView> {
    return this.categories.get(userId, categoryId);
  }
}
