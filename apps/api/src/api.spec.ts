import { Controller, Get } from '@nestjs/common';
import { contextOf } from '@rookery/testing/context';
import { PermissionToManageAny, RequirePermission } from '@rookery/web';
import { describeApi } from './api';

@Controller('trees')
class TreeRoutes {
  @RequirePermission('trees:count')
  @Get()
  count(): void {}

  @PermissionToManageAny('trees:cut:any')
  @Get('cut')
  cut(): void {}
}

describe('Describing the api', () => {
  const describing = (permissions: Record<string, string[]>) => () =>
    describeApi([contextOf('garden', { controllers: [TreeRoutes], permissions })]);

  it('names the groups that the contexts declare', () => {
    const { tags } = describing({ user: ['trees:count', 'trees:cut:any'] })();
    expect(tags?.map(({ name }) => name)).toContain('garden');
  });

  it.each([
    ['trees:count', { user: ['trees:cut:any'] }],
    ['trees:cut:any', { user: ['trees:count'] }],
  ])('refuses a route that asks for a permission which no role has: %s', (missing, granted) => {
    expect(describing(granted)).toThrow(
      `TreeRoutes requires the permission ${missing}, which no role has: grant it in ` +
        `libs/contexts/garden/garden.context.ts, for example permissions: { admin: ['${missing}'] }.`,
    );
  });
});
