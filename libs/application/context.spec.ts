import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command, CommandHandler, Query, QueryHandler } from '@nestjs/cqrs';
import { contextOf } from '@rookery/testing/context';
import { defineContext, handles, inOrder } from '.';

const CQRS = JSON.stringify(require.resolve('@nestjs/cqrs'));
const NEST = JSON.stringify(require.resolve('@nestjs/common'));
const MESSAGING = JSON.stringify(require.resolve('@rookery/messaging'));

const command = (name: string) => `exports.${name} = class ${name} extends cqrs.Command {};`;
const handler = (name: string, of: string) =>
  `exports.${name} = class ${name} { async execute() {} }; cqrs.CommandHandler(${of})(exports.${name});`;

describe('Defining a context', () => {
  let folder: string;

  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'context-'))));
  afterEach(() => rmSync(folder, { recursive: true }));

  function feature(name: string, source: string, file = `${name}.js`): void {
    mkdirSync(join(folder, 'features', name), { recursive: true });
    const head = `const cqrs = require(${CQRS}); const nest = require(${NEST}); const messaging = require(${MESSAGING});`;
    writeFileSync(join(folder, 'features', name, file), `${head}\n${source}`);
  }

  const define = () => defineContext('garden', folder, {});
  const namesOf = (types: readonly { name: string }[]) => types.map(({ name }) => name);

  it('finds the exports of its features and registers each as its kind', () => {
    feature(
      'plant-tree',
      `${command('PlantTree')} ${handler('PlantTreeHandler', 'exports.PlantTree')}
       exports.PlantTreeRoute = class PlantTreeRoute {}; nest.Controller('trees')(exports.PlantTreeRoute);`,
    );
    feature(
      'count-trees',
      `exports.CountTrees = class CountTrees extends cqrs.Query {};
       exports.CountTreesHandler = class CountTreesHandler {};
       cqrs.QueryHandler(exports.CountTrees)(exports.CountTreesHandler);`,
    );
    feature(
      'water-trees',
      `exports.WaterTrees = class WaterTrees {}; messaging.Schedule('garden.water-trees', { everySeconds: 60 })(exports.WaterTrees);
       exports.Mourn = class Mourn {}; messaging.Subscriber('garden.mourn', [], { queue: messaging.Queues.mail })(exports.Mourn);`,
    );
    const context = define();
    expect(context.name).toBe('garden');
    expect(namesOf(context.controllers)).toEqual(['PlantTreeRoute']);
    expect(namesOf(context.handlers)).toEqual(['CountTreesHandler', 'PlantTreeHandler']);
    expect(namesOf(context.schedules)).toEqual(['WaterTrees']);
    expect(namesOf(context.subscribers)).toEqual(['Mourn']);
    const handled = context.handlers
      .map((type) => handles(type)!)
      .map(({ kind, type }) => `${kind} ${type.name}`);
    expect(handled).toEqual(['query CountTrees', 'command PlantTree']);
  });

  it('loads only the file with the name of the folder', () => {
    feature('plant-tree', `${command('PlantTree')} ${handler('PlantTreeHandler', 'exports.PlantTree')}`);
    feature('plant-tree', 'throw new Error("nobody asked for this file");', 'notes.js');
    expect(namesOf(define().handlers)).toEqual(['PlantTreeHandler']);
  });

  it('accepts a context without features', () => {
    expect(define().handlers).toEqual([]);
  });

  it('rejects a feature file without a controller, handler, subscriber or schedule', () => {
    feature('plant-tree', 'exports.helper = () => 1; exports.Tree = class Tree {};');
    expect(define).toThrow(/plant-tree\.ts exports no controller, handler, subscriber or schedule/);
  });

  it('refuses a folder without a file of its name', () => {
    feature('plant-tree', '', 'plant.js');
    expect(define).toThrow(/must contain a file with the same name: .*plant-tree\.ts/);
  });

  // handles() reads keys that @nestjs/cqrs does not export: this test fails if they change.
  it('knows what the decorators of @nestjs/cqrs record', () => {
    class Plant extends Command<void> {}
    class Count extends Query<number> {}
    class PlantHandler {}
    class CountHandler {}
    CommandHandler(Plant)(PlantHandler);
    QueryHandler(Count)(CountHandler);
    expect(handles(PlantHandler)).toEqual({ type: Plant, kind: 'command' });
    expect(handles(CountHandler)).toEqual({ type: Count, kind: 'query' });
  });

  it.each([
    ['@EventsHandler()', 'cqrs.EventsHandler(class Fell {})(exports.Mourn)'],
    ['@Saga()', `cqrs.Saga()(exports.Mourn.prototype, 'mourn')`],
  ])('refuses %s, whose events die with the process', (decorator, decorate) => {
    feature('mourn', `exports.Mourn = class Mourn { mourn() {} }; ${decorate};`);
    expect(define).toThrow(`Mourn has ${decorator}, which loses its events when the process ends.`);
  });

  it.each(['Command', 'Query'])('refuses a %s without a handler', (kind) => {
    feature(
      'plant-tree',
      `${command('PlantTree')} ${handler('PlantTreeHandler', 'exports.PlantTree')}
       exports.CutTree = class CutTree extends cqrs.${kind} {};`,
    );
    expect(define).toThrow(/^CutTree \(.*plant-tree\.ts\) has no handler: /);
  });

  it('refuses a command that two classes handle, also in different features', () => {
    feature('plant-tree', `${command('PlantTree')} ${handler('PlantTreeHandler', 'exports.PlantTree')}`);
    feature(
      'plant-trees',
      `const { PlantTree } = require('../plant-tree/plant-tree.js'); ${handler('PlantTreesHandler', 'PlantTree')}`,
    );
    expect(define).toThrow(/^PlantTree \(.*plant-tree\.ts\) has two handlers: /);
  });
});

describe('What contexts require', () => {
  const of = (name: string, ...requires: string[]) => contextOf(name, { requires });
  const order = (...contexts: ReturnType<typeof of>[]) => inOrder(contexts).map(({ name }) => name);

  it('is registered before them, whatever the order of the list', () => {
    expect(order(of('a', 'b', 'c'), of('b', 'c'), of('c'), of('d'))).toEqual(['c', 'b', 'a', 'd']);
  });

  it('must exist', () => {
    expect(() => order(of('a', 'b'))).toThrow(
      'libs/contexts/a/a.context.ts requires the context b, which does not exist: add it to libs/contexts/index.ts.',
    );
  });

  it('must not require each other', () => {
    expect(() => order(of('a', 'b'), of('b', 'c'), of('c', 'b'))).toThrow(
      'The contexts b → c → b require each other: remove one of them from "requires" in libs/contexts/b/b.context.ts.',
    );
  });

  it('has one name each', () => {
    expect(() => order(of('a'), of('a'))).toThrow('Two contexts are named a: rename one of them.');
  });
});
