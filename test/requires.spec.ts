import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { contexts } from '@rookery/contexts';

const root = join(__dirname, '../libs/contexts');

/** @returns the contexts whose contract the sources of one import. */
function importedBy(name: string): string[] {
  const files = readdirSync(join(root, name), { recursive: true, encoding: 'utf8' });
  const sources = files
    .filter((file) => /(?<!spec|testing)\.ts$/.test(file))
    .map((file) => readFileSync(join(root, name, file), 'utf8'));
  const imports = sources.flatMap((source) => [...source.matchAll(/from '(?:\.\.\/)+([\w-]+)\/contract'/g)]);
  return [...new Set(imports.map(([, other]) => other!))].sort();
}

describe('A context that stores something', () => {
  /** Stores what operations did for whom, and carries out exports and erasures itself. */
  const EXEMPT = ['operations'];

  it.each(contexts.filter(({ name }) => !EXEMPT.includes(name) && existsSync(join(root, name, 'storage'))))(
    'says what of it belongs to users: $name',
    ({ name, personalData }) => {
      expect({ [`personalData in libs/contexts/${name}/${name}.context.ts`]: personalData }).toEqual({
        [`personalData in libs/contexts/${name}/${name}.context.ts`]: expect.any(Function),
      });
    },
  );
});

describe('What a context requires', () => {
  it.each(contexts.map(({ name, requires }) => ({ name, requires })))(
    'is the contexts whose contracts it imports: $name',
    ({ name, requires }) => {
      // It decides the order of erasure, and that a program without them does not boot.
      expect({ [`requires in libs/contexts/${name}/${name}.context.ts`]: [...requires].sort() }).toEqual({
        [`requires in libs/contexts/${name}/${name}.context.ts`]: importedBy(name),
      });
    },
  );
});
