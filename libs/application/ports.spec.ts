import { contextOf } from '@rookery/testing/context';
import { EntitySchema } from 'typeorm';
import { checkPorts, checkSchemas } from './context';

abstract class Gardeners {}
class Adam extends Gardeners {}
const offer = { provide: Gardeners, useClass: Adam };

describe('The ports of the contexts', () => {
  it('accept exactly one provider', () => {
    const contexts = [contextOf('garden', { asks: [Gardeners] }), contextOf('eden', { offers: [offer] })];
    expect(() => checkPorts(contexts)).not.toThrow();
  });

  it('require a provider', () => {
    expect(() => checkPorts([contextOf('garden', { asks: [Gardeners] })])).toThrow(
      'libs/contexts/garden/garden.context.ts asks for Gardeners, which no context offers: add it to `offers` of one context.',
    );
  });

  it.each([
    ['of two contexts', [contextOf('eden', { offers: [offer] }), contextOf('ur', { offers: [offer] })]],
    ['of one', [contextOf('eden', { offers: [offer, offer] })]],
  ])('refuse a second provider %s', (_, contexts) => {
    expect(() => checkPorts(contexts)).toThrow(
      /Gardeners is offered in .*eden\.context\.ts and in .*(ur|eden)\.context\.ts/,
    );
  });
});

describe('The stored aggregates of the contexts', () => {
  const stored = (schema: string) =>
    new EntitySchema({ name: 'Post', schema, tableName: 'posts', columns: {} });

  it('have names of their own', () => {
    const contexts = [
      contextOf('social', { schemas: [stored('social')] }),
      contextOf('bookmarks', { schemas: [stored('bookmarks')] }),
    ];
    expect(() => checkSchemas(contexts)).toThrow(
      'social (table posts) and bookmarks (table posts) both store an aggregate as Post: give one',
    );
    expect(() => checkSchemas(contexts.slice(1))).not.toThrow();
  });
});
